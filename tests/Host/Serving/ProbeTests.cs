using Microsoft.AspNetCore.Http;
using NetAgent.Host.Configuration;
using NetAgent.Host.Serving;
using NetAgent.Host.Tests.Fakes;
using NetAgent.TestKit;

namespace NetAgent.Host.Tests.Serving;

/// <summary>The DaemonSet's probes, as rendered, against an agent that is not well: a restart only where a restart helps.</summary>
public sealed class ProbeTests : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(6);
    private readonly Rig _rig = new() { SoftDeadline = TimeSpan.FromSeconds(1) };
    private readonly CancellationTokenSource _stop = new();
    private readonly Kubelet _kubelet;
    private Task _running = Task.CompletedTask;

    public ProbeTests()
    {
        _rig.Plugins.Add("Steady");
        _rig.Configure("plugins: [{name: steady}]");
        _kubelet = new(GetAsync);
    }

    [Fact]
    public async Task An_agent_that_is_well_is_ready_and_never_restarted()
    {
        await LiveAsync(Long);

        Assert.True(_kubelet.IsReady);
        Assert.Equal(0, _kubelet.Restarts);
    }

    [Theory]
    [InlineData("a plugin whose name is misspelt", false)]
    [InlineData("a required plugin that throws", false)]
    [InlineData("a required plugin that hangs", false)]
    [InlineData("a plugin that is not required and hangs", true)]
    [InlineData("a plugin that refuses its configuration", false)]
    [InlineData("no IPVS in the kernel", false)]
    [InlineData("no API server", false)]
    [InlineData("no Node of this name", false)]
    [InlineData("a kernel that cannot be read", false)]
    [InlineData("a kernel that refuses a row", true)]
    [InlineData("facts that cannot be read", false)]
    public async Task No_restart_where_it_would_not_help_whatever_the_agent_lacks_from_the_start(string what, bool isReady)
    {
        Break(what);
        await LiveAsync(Long);

        Assert.Equal(0, _kubelet.Restarts);
        Assert.Equal(isReady, _kubelet.IsReady);
        Assert.True(_kubelet.HasStarted);
    }

    [Theory]
    [InlineData("a plugin whose name is misspelt")]
    [InlineData("a required plugin that throws")]
    [InlineData("a required plugin that hangs")]
    [InlineData("a configuration that is refused")]
    [InlineData("a plugin that refuses its configuration")]
    [InlineData("no API server")]
    [InlineData("no Node of this name")]
    [InlineData("a kernel that cannot be read")]
    [InlineData("a kernel that refuses a row")]
    [InlineData("facts that cannot be read")]
    public async Task No_restart_where_it_would_not_help_whatever_the_agent_loses_later(string what)
    {
        await LiveAsync(TimeSpan.FromMinutes(2));
        Assert.True(_kubelet.IsReady);
        Break(what);
        _rig.Loop.Wake();
        await LiveAsync(Long);

        Assert.Equal(0, _kubelet.Restarts);
    }

    [Fact]
    public async Task A_loop_that_hangs_is_restarted_within_four_minutes()
    {
        await LiveAsync(TimeSpan.FromMinutes(2));
        using var hang = _rig.Dataplane.Hang();
        _rig.Dataplane.Raise(Dataplane.KernelEvent.LinksChanged);
        _rig.Loop.Wake();
        // A round comes at the latest with the next verification; two minutes and three probes later it is known to hang.
        await LiveAsync(TimeSpan.FromMinutes(4));

        Assert.Equal(1, _kubelet.Restarts);
        Assert.False(_kubelet.IsReady);
    }

    [Fact]
    public async Task A_clock_that_is_set_is_no_reason_for_a_restart()
    {
        await LiveAsync(TimeSpan.FromMinutes(2));
        _rig.Time.Set(_rig.Time.GetUtcNow() + TimeSpan.FromDays(400));
        await LiveAsync(Long);
        _rig.Time.Set(_rig.Time.GetUtcNow() - TimeSpan.FromHours(2));
        await LiveAsync(Long);

        Assert.Equal(0, _kubelet.Restarts);
    }

    [Fact]
    public void The_probes_ask_where_the_deployed_configuration_serves_them_which_is_not_kube_proxys_port()
    {
        var map = Kustomize.Base().OfKind("ConfigMap").Single(o => (string?)o["metadata"]!["name"] == "netagent");
        var path = Path.Combine(_rig.Folder, "deployed.yaml");
        File.WriteAllText(path, (string)map["data"]!["agent.yaml"]!);
        var store = new ConfigurationStore(path, ConfigurationFiles.Read, agent => agent);
        store.Reload();

        Assert.Equal(_kubelet.Address, store.Current!.Agent.Probe!.ToString());
        Assert.NotEqual(store.Current.Agent.Healthz, store.Current.Agent.Probe);
        Assert.DoesNotContain(store.Problems, problem => problem.Path.Contains("probe", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // Its timers are the test's.
        _rig.Time.Advance(TimeSpan.FromSeconds(1));
        await _running;
        await _rig.DisposeAsync();
        _stop.Dispose();
    }

    private void Break(string what)
    {
        var required = !what.Contains("not required", StringComparison.Ordinal);
        switch (what)
        {
            case "a plugin whose name is misspelt":
                _rig.Configure("plugins: [{name: steady}, {name: conntrack-tunner}]");
                break;
            case "a required plugin that throws":
                _rig.Plugins.Add("Throws");
                _rig.Configure("plugins: [{name: steady}, {name: throws}]");
                break;
            case "a required plugin that hangs" or "a plugin that is not required and hangs":
                _rig.Plugins.Add("Hangs");
                _rig.Configure($"plugins: [{{name: steady}}, {{name: hangs, required: {(required ? "true" : "false")}}}]");
                break;
            case "a configuration that is refused":
                _rig.Configure("minSyncPeriod: soon");
                break;
            case "a plugin that refuses its configuration":
                _rig.Configure("plugins: [{name: steady, config: {value: bad}}]");
                break;
            case "no IPVS in the kernel":
                _rig.Plugins.Add("Mirror");
                _rig.Configure("plugins: [{name: mirror}]");
                _rig.Dataplane.Capabilities = _rig.Dataplane.Capabilities with { Ipvs = false };
                break;
            case "no API server":
                _rig.Cluster.IsComplete = false;
                break;
            case "no Node of this name":
                _rig.Cluster.SetNode(null);
                break;
            case "a kernel that cannot be read":
                _rig.Dataplane.ReadFailures.Add(new("rows", "read of everything: EIO"));
                break;
            case "a kernel that refuses a row":
                _rig.Dataplane.Failed.Add(new("steady", "sysctls", "net/sample", "write", 22, "EINVAL", 3));
                break;
            case "facts that cannot be read":
                _rig.Dataplane.ObserveFailure = new IOException("EMFILE");
                break;
            default:
                throw new ArgumentException($"how is {what} made?", nameof(what));
        }
    }

    // A second at a time; the loop gets the processor's time that a second's work takes, however slow the machine is.
    private async Task LiveAsync(TimeSpan time)
    {
        if (_running.IsCompleted)
        {
            var loop = _rig.Loop;
            _running = Task.Run(() => loop.RunAsync(_stop.Token));
        }
        for (var second = 0; second < time.TotalSeconds; second++)
        {
            // The loop's own steps run inside, and one of them may begin to hang there.
            var hung = _rig.Dataplane.IsHanging;
            var advancing = Task.Run(() => _rig.Time.Advance(TimeSpan.FromSeconds(1)));
            while (!advancing.IsCompleted && _rig.Dataplane.IsHanging == hung)
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }
            while (_rig.Loop.Heartbeat.Late > TimeSpan.FromSeconds(20) && !_rig.Dataplane.IsHanging)
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }
            await _kubelet.SecondAsync();
        }
    }

    private async Task<int> GetAsync(string path)
    {
        var context = new DefaultHttpContext();
        context.Request.Path = path;
        await new HealthHandler(_rig.Health, _rig.Loop.Heartbeat, _rig.Metrics).HandleAsync(context);
        return context.Response.StatusCode;
    }
}
