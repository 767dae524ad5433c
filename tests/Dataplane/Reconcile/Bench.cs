using NetAgent.Contracts;
using NetAgent.Dataplane.Kinds;
using NetAgent.Dataplane.Linux;

namespace NetAgent.Dataplane.Tests.Reconcile;

/// <summary>A dataplane over a fake kernel, a clock that tests turn, and a state folder of its own.</summary>
internal sealed class Bench : IDisposable
{
    public const string Link = "kube-ipvs0";

    public static readonly PluginClaims Claims = new()
    {
        VirtualServers = [VirtualServerClaim.All],
        IpvsTimeouts = true,
        Links = [Link],
        IpSets = ["KUBE-*"],
        Chains = [new("nat", "KUBE-*")],
        Jumps = [new("nat", "PREROUTING", "KUBE-SERVICES")],
        Sysctls = ["net/ipv4/ip_forward", "net/ipv4/vs/*"],
        Files = ["/etc/sysctl.d/90-netagent.conf"],
        HealthCheckPorts = true,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("netagent-bench-").FullName;

    private readonly IReadOnlyList<Action<TableSet>>? _kinds;

    private readonly PluginClaims _claims;

    public Bench(FakeKernel? kernel = null, IReadOnlyList<Action<TableSet>>? kinds = null, PluginClaims? claims = null)
    {
        _claims = claims ?? Claims;
        _kinds = kinds;
        Kernel = kernel ?? new();
        Options = new() { StateDirectory = Path.Combine(_folder, "state"), FileSystemRoot = Path.Combine(_folder, "root"), Time = Clock };
        SetBootId("boot-1");
        Dataplane = Open();
        Slice = Dataplane.OpenSlice("ipvs", _claims);
    }

    public FakeKernel Kernel { get; }

    public ManualClock Clock { get; } = new();

    public DataplaneOptions Options { get; set; }

    public LinuxDataplane Dataplane { get; private set; }

    public ISlice Slice { get; private set; }

    public IpvsTimeouts Timeouts
    {
        get => Kernel.Timeouts.Rows["timeouts"];
        set => Kernel.Timeouts.Set(value);
    }

    public string StateFile => Path.Combine(Options.StateDirectory, "state.json");

    public SyncReport Sync(bool verify = false)
    {
        Kernel.Log.Clear();
        return Dataplane.Sync(verify, TestContext.Current.CancellationToken);
    }

    public SyncReport Complete()
    {
        Dataplane.MarkComplete("ipvs");
        return Sync();
    }

    /// <summary>The agent ends and starts again over the same kernel and state file.</summary>
    public void Restart(bool crash = false)
    {
        var saved = crash && File.Exists(StateFile) ? File.ReadAllText(StateFile) : null;
        Dataplane.Dispose();
        if (crash)
        {
            File.Delete(StateFile);
        }
        if (saved is not null)
        {
            File.WriteAllText(StateFile, saved);
        }
        Dataplane = Open();
        Slice = Dataplane.OpenSlice("ipvs", _claims);
    }

    /// <summary>A new process without any plugin, as `netagent cleanup` is.</summary>
    public LinuxDataplane WithoutPlugins()
    {
        Dataplane.Dispose();
        return Dataplane = Open();
    }

    public void SetBootId(string id)
    {
        var path = Path.Combine(Options.FileSystemRoot, "proc/sys/kernel/random/boot_id");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, id + "\n");
    }

    public void Dispose()
    {
        Dataplane.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private LinuxDataplane Open() => new(Options, () => Kernel, () => 0.5, _kinds);
}

/// <summary>A clock that stands until it is turned.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    public void Turn(TimeSpan by)
    {
        _now += by;
        foreach (var timer in _timers)
        {
            timer.FireIfDue();
        }
    }

    private sealed class ManualTimer(ManualClock clock, Action fire) : ITimer
    {
        private DateTimeOffset? _due;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + dueTime;
            return true;
        }

        public void FireIfDue()
        {
            if (_due <= clock._now)
            {
                _due = null;
                fire();
            }
        }

        public void Dispose() => _due = null;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
