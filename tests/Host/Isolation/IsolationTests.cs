using System.Diagnostics;
using NetAgent.Contracts;
using NetAgent.Host.Isolation.Wire;
using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Isolation;

/// <summary>Real plugin DLLs in real child processes.</summary>
public sealed class IsolationTests
{
    [Fact]
    public async Task A_plugin_in_its_own_process_wants_the_same_rows_as_in_the_agents()
    {
        await using var inside = With("plugins: [{name: mirror}]", "Mirror");
        await using var outside = With("plugins: [{name: mirror, isolation: process}]", "Mirror");
        foreach (var rig in (Rig[])[inside, outside])
        {
            var cluster = Sample.Cluster(20, 6);
            rig.Cluster.SetState(cluster, ClusterChange.All);
            await rig.RoundAsync();
            var changed = Sample.Service(3, 2);
            rig.Cluster.SetState(
                cluster with { Revision = 2, Services = cluster.Services.SetItem(changed.Service.Name, changed).Remove(new("default", "service-5")) },
                new() { Services = [changed.Service.Name, new("default", "service-5")] });
            await rig.RoundAsync();
            Assert.Equal((PluginState.Running, null), (rig["mirror"].State, rig["mirror"].LastError));
        }

        Assert.Equal(Rows(inside), Rows(outside));
        Assert.Equal(20, Rows(outside).Count);
        Assert.Equal((null, 1), (inside["mirror"].ProcessStarts, outside["mirror"].ProcessStarts));
        Assert.Equal(inside["mirror"].Claims, outside["mirror"].Claims);
    }

    [Fact]
    public async Task A_plugin_that_allocates_without_end_is_ended_by_its_limit_and_nothing_else_notices()
    {
        await using var rig = With("plugins: [{name: allocates, isolation: process, memoryLimit: 48Mi}, {name: steady}]", "Allocates", "Steady");
        await rig.RoundAsync();
        Assert.Equal("1", rig.Dataplane.Kernel["net/allocates"]);

        rig.Cluster.SetService("trigger");
        await rig.RoundAsync();
        Assert.Equal((PluginState.BackOff, "ProcessEnded"), (rig["allocates"].State, rig["allocates"].Reason));
        Assert.Contains("memoryLimit of 48Mi", rig["allocates"].LastError, StringComparison.Ordinal);
        Assert.Equal("1", rig.Dataplane.Kernel["net/allocates"]);
        Assert.Equal(PluginState.Running, rig["steady"].State);
        Assert.Contains("services 1", rig.Change("steady"), StringComparison.Ordinal);

        await RecoverAsync(rig, "allocates", "trigger");
    }

    [Fact]
    public async Task A_plugin_that_ends_its_process_is_started_again_after_its_back_off()
    {
        await using var rig = With("plugins: [{name: crashes, isolation: process}, {name: steady}]", "Crashes", "Steady");
        await rig.RoundAsync();
        rig.Cluster.SetService("trigger");
        await rig.RoundAsync();

        Assert.Equal((PluginState.BackOff, "ProcessEnded"), (rig["crashes"].State, rig["crashes"].Reason));
        Assert.Contains("was ended by signal 6", rig["crashes"].LastError, StringComparison.Ordinal);
        Assert.Contains("told to crash", rig["crashes"].LastError, StringComparison.Ordinal);
        Assert.Equal(rig.Time.GetUtcNow() + TimeSpan.FromSeconds(1), rig["crashes"].RetryAt);
        Assert.Equal("1", rig.Dataplane.Kernel["net/crashes"]);
        Assert.Equal(PluginState.Running, rig["steady"].State);

        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.RoundAsync();
        Assert.Equal(rig.Time.GetUtcNow() + TimeSpan.FromSeconds(2), rig["crashes"].RetryAt);

        await RecoverAsync(rig, "crashes", "trigger");
        Assert.Equal(3, rig["crashes"].ProcessStarts);
    }

    [Fact]
    public async Task A_plugin_that_never_returns_is_ended_at_its_deadline_and_started_again()
    {
        await using var rig = With("plugins: [{name: crashes, isolation: process}, {name: steady}]", "Crashes", "Steady");
        await rig.RoundAsync();
        rig.Cluster.SetService("hang");
        var round = rig.RoundAsync();
        while (!round.IsCompleted)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            rig.Time.Advance(TimeSpan.FromSeconds(1));
        }
        await round;
        Assert.Contains("Reconcile did not return within 10s", rig["crashes"].LastError, StringComparison.Ordinal);
        Assert.Equal(PluginState.Running, rig["steady"].State);

        rig.Cluster.RemoveService("hang");
        for (var i = 0; rig["crashes"].State != PluginState.BackOff && i < 200; i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            await rig.RoundAsync();
        }
        Assert.Contains("its process was ended", rig["crashes"].LastError, StringComparison.Ordinal);
        Assert.Equal("1", rig.Dataplane.Kernel["net/crashes"]);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.RoundAsync();
        Assert.Equal((PluginState.Running, 2), (rig["crashes"].State, rig["crashes"].ProcessStarts));
    }

    [Fact]
    public async Task A_process_that_vanishes_between_two_calls_gets_the_whole_state_again()
    {
        await using var rig = With("plugins: [{name: mirror, isolation: process}]", "Mirror");
        rig.Cluster.SetState(Sample.Cluster(3, 1), ClusterChange.All);
        await rig.RoundAsync();
        foreach (var child in Children(rig))
        {
            child.Kill();
            await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        rig.Cluster.SetService("new");
        await rig.RoundAsync();
        Assert.Contains("was ended by signal 9", rig["mirror"].LastError, StringComparison.Ordinal);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.RoundAsync();
        Assert.Equal(PluginState.Running, rig["mirror"].State);
        Assert.Equal(4, Rows(rig).Count);
    }

    [Fact]
    public async Task What_a_plugin_throws_in_its_process_is_told_as_in_the_agents()
    {
        await using var rig = With("plugins: [{name: throws, isolation: process}]", "Throws");
        await rig.RoundAsync();

        Assert.Equal((PluginState.BackOff, "ReconcileFailed"), (rig["throws"].State, rig["throws"].Reason));
        Assert.Contains("Reconcile threw InvalidOperationException: this plugin always throws", rig["throws"].LastError, StringComparison.Ordinal);
        Assert.Equal(1, rig["throws"].ProcessStarts);
    }

    [Fact]
    public async Task A_plugin_moves_between_processes_without_its_slice_being_closed_and_ends_with_its_entry()
    {
        await using var rig = With("plugins: [{name: steady}]", "Steady");
        await rig.RoundAsync();
        rig.Configure("plugins: [{name: steady, isolation: process, config: {value: 5}}]");
        await rig.RoundAsync();
        Assert.Equal((PluginState.Running, 1), (rig["steady"].State, rig["steady"].ProcessStarts));
        Assert.Equal("5", rig.Dataplane.Kernel["net/sample"]);
        Assert.DoesNotContain("close steady", rig.Dataplane.Calls);
        Assert.Single(Children(rig));

        rig.Configure("plugins: []");
        await rig.RoundAsync();
        Assert.Contains("close steady", rig.Dataplane.Calls);
        for (var i = 0; Children(rig).Count > 0 && i < 100; i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        Assert.Empty(Children(rig));
    }

    [Fact]
    public async Task A_refused_configuration_leaves_the_one_before_over_a_restart()
    {
        await using var rig = With("plugins: [{name: steady, isolation: process, config: {value: 7}}]", "Steady");
        await rig.RoundAsync();
        rig.Configure("plugins: [{name: steady, isolation: process, config: {value: bad}}]");
        await rig.RoundAsync();
        Children(rig).ForEach(child => child.Kill());
        rig.Cluster.SetService("a");
        await rig.RoundAsync();
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.RoundAsync();

        Assert.Equal((PluginState.Running, 2), (rig["steady"].State, rig["steady"].ProcessStarts));
        Assert.Equal("7", rig.Dataplane.Kernel["net/sample"]);
    }

    private static async Task RecoverAsync(Rig rig, string plugin, string trigger)
    {
        rig.Cluster.RemoveService(trigger);
        rig.Time.Advance(TimeSpan.FromMinutes(5));
        await rig.RoundAsync();
        Assert.Equal((PluginState.Running, null), (rig[plugin].State, rig[plugin].LastError));
    }

    private static Rig With(string plugins, params string[] samples)
    {
        var rig = new Rig();
        foreach (var sample in samples)
        {
            rig.Plugins.Add(sample);
        }
        return rig.Configure(plugins);
    }

    private static SortedDictionary<string, string> Rows(Rig rig)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (scope, rows) in rig.Dataplane.Slices["mirror"].Rows)
        {
            var writer = new WireWriter();
            RowCodec.Write(writer, rows);
            all.Add(scope, Convert.ToHexString(writer.Written.Span));
        }
        return all;
    }

    // Its plugin directory is the rig's own, which tells its children from another test's.
    internal static List<Process> Children(Rig rig) => [.. Process.GetProcessesByName("netagent").Where(process =>
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/cmdline").Contains(rig.Plugins.Path, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    })];
}
