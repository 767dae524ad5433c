using System.Text.Json.Nodes;
using NetAgent.TestKit;

namespace NetAgent.Host.Tests.Fakes;

/// <summary>A kubelet that probes as the rendered DaemonSet says: how often it restarts the container, and whether it calls the pod ready.</summary>
internal sealed class Kubelet
{
    private readonly Probe _startup;
    private readonly Probe _liveness;
    private readonly Probe _readiness;
    private readonly Func<string, Task<int>> _get;

    /// <param name="get">The answer of a path.</param>
    public Kubelet(Func<string, Task<int>> get)
    {
        _get = get;
        var container = Kustomize.Base().Container();
        (_startup, _liveness, _readiness) = (new(container["startupProbe"]!), new(container["livenessProbe"]!), new(container["readinessProbe"]!));
    }

    public bool HasStarted { get; private set; }

    public bool IsReady { get; private set; }

    public int Restarts { get; private set; }

    /// <summary>One second of its life.</summary>
    public async Task SecondAsync()
    {
        if (!HasStarted)
        {
            HasStarted = await _startup.LookAsync(_get) == true;
            Restart(_startup);
            return;
        }
        await _liveness.LookAsync(_get);
        IsReady = await _readiness.LookAsync(_get) ?? IsReady;
        Restart(_liveness);
    }

    private void Restart(Probe probe)
    {
        if (probe.HasFailed)
        {
            Restarts++;
            HasStarted = IsReady = false;
            _startup.Reset();
            _liveness.Reset();
            _readiness.Reset();
        }
    }

    /// <summary>Where the DaemonSet's probes ask, which must be one address.</summary>
    public string Address => ((Probe[])[_startup, _liveness, _readiness]).Select(probe => probe.Address).Distinct().Single();

    private sealed class Probe(JsonNode probe)
    {
        private int _second;
        private int _failures;

        public string Address { get; } = $"{probe["httpGet"]!["host"]}:{probe["httpGet"]!["port"]}";

        public bool HasFailed => _failures >= ((int?)probe["failureThreshold"] ?? 3);

        public void Reset() => (_second, _failures) = (0, 0);

        /// <summary>Null when it is not its turn.</summary>
        public async Task<bool?> LookAsync(Func<string, Task<int>> get)
        {
            var since = _second++ - ((int?)probe["initialDelaySeconds"] ?? 0);
            if (since < 0 || since % ((int?)probe["periodSeconds"] ?? 10) != 0)
            {
                return null;
            }
            var isWell = await get((string)probe["httpGet"]!["path"]!) is >= 200 and < 400;
            _failures = isWell ? 0 : _failures + 1;
            return isWell;
        }
    }
}
