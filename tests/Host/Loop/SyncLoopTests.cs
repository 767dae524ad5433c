using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Loop;

public sealed class SyncLoopTests
{
    [Fact]
    public async Task Nothing_is_programmed_before_the_cluster_was_read_in_full()
    {
        await using var rig = Steady();
        rig.Cluster.IsComplete = false;

        await rig.RoundAsync();

        Assert.Empty(rig.Dataplane.Calls);
        Assert.False(rig.Loop.Snapshot.IsClusterComplete);
    }

    [Fact]
    public async Task Nothing_is_programmed_before_the_Node_is_known_and_that_is_said()
    {
        await using var rig = Steady();
        rig.Cluster.SetNode(null);

        await rig.RoundAsync();
        Assert.Empty(rig.Dataplane.Calls);
        Assert.Contains(rig.Cluster.Posted, posted => posted.Reason == "NodeUnknown");

        rig.Cluster.SetNode(new() { Name = "node-1" });
        await rig.RoundAsync();
        Assert.Equal("1", rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task A_Node_that_vanishes_is_remembered_as_it_was()
    {
        await using var rig = Steady();
        await rig.RoundAsync();

        rig.Cluster.SetNode(null);
        await rig.RoundAsync();

        Assert.Equal(PluginState.Running, rig["steady"].State);
        Assert.Equal("1", rig.Dataplane.Kernel["net/sample"]);
        Assert.Contains(rig.Cluster.Posted, posted => posted.Reason == "NodeDeleted" && posted.Message.Contains("last known labels", StringComparison.Ordinal));
        Assert.True(rig.Loop.Snapshot.IsDegraded);
        Assert.Contains("netagent_node_present 0", Metrics(rig), StringComparison.Ordinal);

        rig.Cluster.SetNode(new() { Name = "node-1" });
        await rig.RoundAsync();
        Assert.False(rig.Loop.Snapshot.IsDegraded);
        Assert.Contains("netagent_node_present 1", Metrics(rig), StringComparison.Ordinal);
    }

    private static string Metrics(Rig rig)
    {
        var text = new PrometheusText();
        SnapshotMetrics.Write(text, rig.Loop.Snapshot, rig.Time.GetUtcNow());
        return text.ToString();
    }

    [Fact]
    public async Task The_first_sync_reads_the_kernel_and_a_round_without_news_does_nothing()
    {
        await using var rig = Steady();
        await rig.RoundAsync();
        Assert.Equal(["observe all", "open steady", "verify"], rig.Dataplane.Calls);

        rig.Dataplane.Calls.Clear();
        Assert.Null(await rig.Loop.RoundAsync(verify: false));
        Assert.Empty(rig.Dataplane.Calls);
    }

    [Fact]
    public async Task Changes_are_folded_and_a_plugin_sees_only_what_changed_since_its_last_success()
    {
        await using var rig = Steady();
        await rig.RoundAsync();
        Assert.Equal("everything True, services 0, node False", rig.Change("steady"));

        rig.Cluster.SetService("a");
        rig.Cluster.SetService("b");
        rig.Cluster.SetService("a");
        await rig.RoundAsync();

        Assert.Equal("everything False, services 2, node False", rig.Change("steady"));
    }

    [Fact]
    public async Task The_kernel_is_read_in_full_once_in_every_verify_period()
    {
        await using var rig = Steady("verifyPeriod: 10s");
        await rig.RoundAsync();
        rig.Dataplane.Calls.Clear();

        rig.Time.Advance(TimeSpan.FromSeconds(8));
        await rig.RoundAsync();
        Assert.DoesNotContain("verify", rig.Dataplane.Calls);

        rig.Time.Advance(TimeSpan.FromSeconds(4));
        await rig.RoundAsync();
        // What plugins look at is read first, or they would learn at the next verification only what this one saw.
        Assert.Equal(["observe all", "verify"], rig.Dataplane.Calls.Where(call => call != "probe").TakeLast(2));
    }

    [Fact]
    public async Task A_probe_every_other_second_syncs_only_what_somebody_else_touched()
    {
        await using var rig = Steady("verifyPeriod: 60s");
        await rig.RoundAsync();
        rig.Dataplane.Calls.Clear();

        rig.Time.Advance(TimeSpan.FromSeconds(2));
        await rig.RoundAsync();
        await rig.RoundAsync();
        Assert.Equal(["probe"], rig.Dataplane.Calls);

        rig.Dataplane.IsTouched = true;
        rig.Time.Advance(TimeSpan.FromSeconds(2));
        await rig.RoundAsync();
        Assert.Equal(["probe", "probe", "observe", "sync"], rig.Dataplane.Calls);
    }

    [Fact]
    public async Task A_read_that_failed_is_tried_again_though_nothing_changed()
    {
        await using var rig = Steady();
        rig.Dataplane.ReadFailures.Add(new("virtual servers", "IPVS_CMD_GET_SERVICE: interrupted"));
        await rig.RoundAsync();
        rig.Dataplane.Calls.Clear();
        rig.Dataplane.ReadFailures.Clear();

        await rig.RoundAsync();

        Assert.Contains("sync", rig.Dataplane.Calls);
    }

    [Fact]
    public async Task Links_that_change_are_observed_anew_and_reported_to_those_who_asked()
    {
        await using var rig = Steady();
        await rig.RoundAsync();
        rig.Dataplane.Calls.Clear();
        using var stop = new CancellationTokenSource();
        rig.Dataplane.Facts = rig.Dataplane.Facts with { CpuCount = 4 };
        rig.Dataplane.Raise(KernelEvent.LinksChanged);

        var running = rig.Loop.RunAsync(stop.Token);
        await Until(() => rig.Change("steady")?.Contains("everything False", StringComparison.Ordinal) == true);
        await stop.CancelAsync();
        await running;

        Assert.Contains("observe", rig.Dataplane.Calls);
    }

    [Fact]
    public async Task A_round_that_fails_as_a_whole_is_tried_again_and_said_once()
    {
        await using var rig = Steady();
        using var stop = new CancellationTokenSource();
        rig.Dataplane.ObserveFailure = new Dataplane.Netlink.KernelException("socket", 24, "Too many open files");
        var running = rig.Loop.RunAsync(stop.Token);
        await Until(() => rig.Dataplane.Calls.Count(call => call == "observe all") == 1);
        await Until(() =>
        {
            rig.Time.Advance(TimeSpan.FromSeconds(2));
            return rig.Dataplane.Calls.Count(call => call == "observe all") > 2;
        });

        rig.Dataplane.ObserveFailure = null;
        await Until(() =>
        {
            rig.Time.Advance(TimeSpan.FromSeconds(2));
            return rig.Dataplane.Kernel.Count == 1;
        });

        Assert.Single(rig.Log.Lines, line => line.Contains("socket: Too many open files", StringComparison.Ordinal));
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Cancelling_ends_the_loop_and_leaves_the_kernel_as_it_is()
    {
        await using var rig = Steady();
        using var stop = new CancellationTokenSource();
        var running = rig.Loop.RunAsync(stop.Token);
        await Until(() => rig.Dataplane.Kernel.Count == 1);

        await stop.CancelAsync();
        await running;

        Assert.Equal("1", rig.Dataplane.Kernel["net/sample"]);
        Assert.DoesNotContain(rig.Dataplane.Calls, call => call.StartsWith("close", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_loop_wakes_on_a_change_and_waits_out_the_minimum_period()
    {
        await using var rig = Steady("minSyncPeriod: 5s");
        using var stop = new CancellationTokenSource();
        var running = rig.Loop.RunAsync(stop.Token);
        await Until(() => rig.Dataplane.Kernel.Count == 1);

        rig.Cluster.SetService("a");
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.Contains("everything True", rig.Change("steady"), StringComparison.Ordinal);
        await Until(() =>
        {
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            return rig.Change("steady")!.Contains("services 1", StringComparison.Ordinal);
        });

        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Steady_state_logs_nothing_and_a_notice_is_said_once()
    {
        await using var rig = Steady();
        await rig.RoundAsync();
        var lines = rig.Log.Lines.Count;
        rig.Dataplane.Failed.Add(new("steady", "sysctls", "net/sample", "write", 30, "Read-only file system", 1));

        await rig.RoundAsync(verify: true);
        await rig.RoundAsync(verify: true);

        Assert.Equal(lines + 1, rig.Log.Lines.Count);
        Assert.Contains("Read-only file system", rig.Log.Lines[^1], StringComparison.Ordinal);
        Assert.Single(rig.Cluster.Posted, posted => posted.Reason == "RowRefused");
    }

    [Theory]
    [InlineData("Throws", true)]
    [InlineData("", true)]
    [InlineData("Mirror", false)]
    public async Task A_required_plugin_that_does_not_run_is_readiness_lost_and_health_only_where_Services_are_its_work(string sample, bool isHealthy)
    {
        await using var rig = Steady("", ", {name: other}");
        if (sample.Length > 0)
        {
            rig.Plugins.Add(sample, "other");
        }
        rig.Dataplane.Capabilities = rig.Dataplane.Capabilities with { Ipvs = false };
        await rig.RoundAsync();
        Assert.True(rig.Health.Look().IsHealthy);

        // Twice the longest period that a plugin here asks for.
        rig.Time.Advance(TimeSpan.FromSeconds(121));
        await rig.RoundAsync(verify: true);

        Assert.Equal(isHealthy, rig.Health.Look().IsHealthy);
        Assert.Equal((false, true), rig.Health.Readiness);
        Assert.True(rig.Loop.Snapshot.IsDegraded);
    }

    [Fact]
    public async Task The_line_that_all_is_in_comes_when_all_is_and_once()
    {
        await using var rig = Steady();
        rig.Dataplane.Failed.Add(new("steady", "chains", "IPv4 nat SAMPLE", "iptables-restore", 11, "the lock is held", 1));
        await rig.RoundAsync();
        rig.Time.Advance(TimeSpan.FromSeconds(41.87654));
        await rig.RoundAsync(verify: true);
        Assert.Single(rig.Log.Lines, line => line.Contains(" is in after ", StringComparison.Ordinal));

        rig.Dataplane.Failed.Clear();
        await rig.RoundAsync(verify: true);
        await rig.RoundAsync(verify: true);

        Assert.Equal(
            ["what can be is in after 0s: 1 row of 0 Services", "all is in after 41.9s: 1 row of 0 Services"],
            rig.Log.Lines.Where(line => line.Contains(" is in after ", StringComparison.Ordinal)).Select(line => line["Information: ".Length..line.IndexOf(',', StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Over_something_that_cannot_be_read_nobody_says_that_all_is_in_nor_that_all_is_well(bool isFromTheStart)
    {
        await using var rig = Steady();
        if (isFromTheStart)
        {
            rig.Cluster.Unread = new() { Places = ["web.yaml"] };
        }
        rig.Cluster.IsReadInPart = true;

        await rig.RoundAsync();

        Assert.Single(rig.Log.Lines, line => line.Contains("what could be read is in after 0s: ", StringComparison.Ordinal));
        Assert.DoesNotContain(rig.Log.Lines, line => line.Contains("all is in", StringComparison.Ordinal));
        Assert.True(rig.Loop.Snapshot.IsDegraded);

        rig.Cluster.Unread = UnreadObjects.None;
        rig.Cluster.IsReadInPart = false;
        await rig.RoundAsync(verify: true);

        Assert.Single(rig.Log.Lines, line => line.Contains("all is in after 0s: ", StringComparison.Ordinal));
        Assert.False(rig.Loop.Snapshot.IsDegraded);
    }

    [Fact]
    public async Task Health_does_not_depend_on_a_plugin_that_is_not_required()
    {
        await using var rig = Steady("", ", {name: throws, required: false}");
        rig.Plugins.Add("Throws");
        await rig.RoundAsync();

        rig.Time.Advance(TimeSpan.FromSeconds(61));

        Assert.True(rig.Health.Look().IsHealthy);
    }

    [Fact]
    public async Task Programming_latency_is_taken_from_slices_that_changed_after_the_start()
    {
        await using var rig = Steady();
        await rig.RoundAsync();
        rig.Cluster.SetService("old", Slice("old", rig.Time.GetUtcNow() - TimeSpan.FromHours(1)));
        rig.Time.Advance(TimeSpan.FromSeconds(10));
        rig.Cluster.SetService("new", Slice("new", rig.Time.GetUtcNow() - TimeSpan.FromSeconds(3)));
        await rig.RoundAsync();

        var text = new PrometheusText();
        rig.Metrics.Write(text);

        Assert.Contains("kubeproxy_network_programming_duration_seconds_sum{ip_family=\"IPv4\"} 3\n", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("kubeproxy_network_programming_duration_seconds_count{ip_family=\"IPv4\"} 1\n", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_proxy_rules_service_changes_total 2\n", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_proxy_rules_service_changes_pending 0\n", text.ToString(), StringComparison.Ordinal);
    }

    private static EndpointSlice Slice(string service, DateTimeOffset trigger) => new()
    {
        Name = new("default", service + "-x"),
        Service = new("default", service),
        LastChangeTriggerTime = trigger,
    };

    private static Rig Steady(string yaml = "", string more = "")
    {
        var rig = new Rig();
        rig.Plugins.Add("Steady");
        return rig.Configure($"plugins: [{{name: steady}}{more}]\n{yaml}");
    }

    private static async Task Until(Func<bool> condition)
    {
        for (var i = 0; i < 1000 && !condition(); i++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
        Assert.True(condition());
    }
}
