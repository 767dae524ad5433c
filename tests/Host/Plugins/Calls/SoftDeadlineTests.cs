using NetAgent.Contracts;
using NetAgent.Host.Plugins.Calls;
using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;
using NetAgent.TestKit;

namespace NetAgent.Host.Tests.Plugins.Calls;

/// <summary>A plugin that does not answer holds up no sibling for longer than the loop's patience.</summary>
public sealed class SoftDeadlineTests
{
    // Well below the deadline, for which everybody would wait without patience. A test machine that is starved loses a second or two.
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task The_first_programming_does_not_wait_for_a_plugin_that_never_returns()
    {
        await using var rig = With("plugins: [{name: hangs}, {name: steady}]", "Hangs", "Steady");

        Assert.InRange(await rig.TimedRoundAsync(), TimeSpan.Zero, Short);
        await UntilAsync(rig, () => rig.Dataplane.Kernel.ContainsKey("net/sample"));

        Assert.Equal((PluginState.Starting, true), (rig["hangs"].State, rig["hangs"].IsBusy));
        // It is required and has said nothing yet: this node is not ready.
        rig.Time.Advance(TimeSpan.FromMinutes(3));
        await WedgedAsync(rig, "hangs");
        Assert.Equal("Reconcile did not return within 10s", rig["hangs"].LastError);
        Assert.False(rig.Health.Readiness.WasProgrammed);
    }

    [Theory]
    [InlineData("", "Wedged")]
    [InlineData("isolation: process, ", "BackOff")]
    public async Task A_plugin_that_begins_to_hang_keeps_its_slice_and_its_sibling_follows_meanwhile(string isolation, string state)
    {
        await using var rig = With($"plugins: [{{name: crashes, {isolation}required: false}}, {{name: steady}}]", "Crashes", "Steady");
        await rig.RoundAsync();
        rig.Cluster.SetService("hang");
        Assert.InRange(await rig.TimedRoundAsync(), TimeSpan.Zero, Short);
        await UntilAsync(rig, () => rig.Change("steady")?.Contains("services 1", StringComparison.Ordinal) == true);
        Assert.True(rig["crashes"].IsBusy);

        // It is not asked, and not waited for, again: the clock stands still.
        rig.Cluster.SetService("more");
        rig.Cluster.SetService("and-more");
        await UntilAsync(rig, () => rig.Change("steady")?.Contains("services 2", StringComparison.Ordinal) == true);

        for (var i = 0; rig["crashes"].State.ToString() != state && i < 200; i++)
        {
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(20, TestContext.Current.CancellationToken);
            await rig.RoundAsync();
        }
        Assert.Contains("Reconcile did not return within 10s", rig["crashes"].LastError, StringComparison.Ordinal);
        Assert.Equal("1", rig.Dataplane.Kernel["net/crashes"]);
    }

    [Fact]
    public async Task A_plugin_that_was_slow_is_taken_when_it_is_there_and_a_configuration_waits_for_it()
    {
        await using var release = new FileRelease();
        await using var rig = With($"plugins: [{{name: steady, config: {{value: 2, until: {release.Path}}}}}]", "Steady");
        await rig.TimedRoundAsync();
        Assert.True(rig["steady"].IsBusy);
        Assert.Empty(rig.Dataplane.Kernel);
        rig.Configure($"plugins: [{{name: steady, config: {{value: 3, until: {release.Path}}}}}]");
        await rig.TimedRoundAsync();

        release.Now();
        for (var i = 0; (rig["steady"].IsBusy || rig.Dataplane.Kernel.GetValueOrDefault("net/sample") != "3") && i < 500; i++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
            await rig.RoundAsync();
        }

        Assert.Equal(("3", PluginState.Running), (rig.Dataplane.Kernel["net/sample"], rig["steady"].State));
    }

    [Fact]
    public async Task A_configuration_that_came_during_a_call_that_failed_does_not_wait_for_its_back_off()
    {
        await using var rig = With("plugins: [{name: crashes, isolation: process}]", "Crashes");
        await rig.RoundAsync();
        rig.Cluster.SetService("hang");
        await rig.TimedRoundAsync();
        Assert.True(rig["crashes"].IsBusy);
        rig.Cluster.RemoveService("hang");
        rig.Configure("plugins: [{name: crashes, isolation: process, config: {some: other}}]");
        await rig.RoundAsync();

        // Ten seconds to the deadline; from there on the clock stands still.
        rig.Time.Advance(TimeSpan.FromSeconds(10));
        await UntilAsync(rig, () => rig["crashes"] is { State: PluginState.Running, IsBusy: false });
        Assert.Equal(2, rig["crashes"].ProcessStarts);
    }

    [Fact]
    public async Task Of_two_that_claim_the_same_the_one_listed_first_wins_however_slow_it_is()
    {
        await using var release = new FileRelease();
        await using var rig = With($"plugins: [{{name: steady, config: {{until: {release.Path}}}}}, {{name: twin}}]", "Steady");
        rig.Plugins.Add("Steady", "twin");
        await rig.TimedRoundAsync();
        await UntilAsync(rig, () => rig["twin"].State == PluginState.Refused);
        Assert.Contains("which plugin steady has claimed", rig["twin"].LastError, StringComparison.Ordinal);

        release.Now();
        await UntilAsync(rig, () => rig["steady"].State == PluginState.Running);
        Assert.Equal(["steady"], rig.Dataplane.Slices.Keys);
    }

    [Fact]
    public async Task A_trial_does_not_end_while_a_plugin_is_still_at_its_first_call_under_the_new_configuration()
    {
        await using var rig = With("confirmWithin: 5s\nplugins: [{name: steady}]", "Steady", "Hangs");
        await rig.RoundAsync();
        rig.Configure("confirmWithin: 5s\nplugins: [{name: steady, config: {value: 2}}, {name: hangs}]");
        await rig.TimedRoundAsync();
        rig.Time.Advance(TimeSpan.FromSeconds(6));
        await rig.RoundAsync();
        Assert.Null(rig.Loop.Snapshot.ConfigurationRefusal);

        await WedgedAsync(rig, "hangs");
        await rig.RoundAsync();

        Assert.Contains("plugin 'hangs' is Wedged under it", rig.Loop.Snapshot.ConfigurationRefusal, StringComparison.Ordinal);
        Assert.Equal("1", rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public void Writes_after_the_loop_went_on_reach_nothing_and_are_not_refused()
    {
        var slice = new InMemorySlice { Claims = new() { Sysctls = ["net/*"] } };
        var guard = new GuardedSlice(slice);
        guard.Replace("before", Rows("net/a"));
        guard.Detach();
        guard.Replace("after", Rows("net/b"));
        guard.Remove("before");

        Assert.True(guard.IsDetached);
        Assert.Equal(["before"], guard.Scopes);
        Assert.Equal(["before"], slice.Scopes);
        guard.Close();
        Assert.Throws<OperationCanceledException>(() => guard.Remove("before"));
    }

    // The clock does not move.
    private static async Task UntilAsync(Rig rig, Func<bool> isSo)
    {
        for (var i = 0; !isSo() && i < 1000; i++)
        {
            await rig.RoundAsync();
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
        Assert.True(isSo());
    }

    private static async Task WedgedAsync(Rig rig, string plugin)
    {
        for (var i = 0; rig[plugin].State != PluginState.Wedged && rig.Loop.Snapshot.ConfigurationRefusal is null && i < 200; i++)
        {
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(20, TestContext.Current.CancellationToken);
            await rig.RoundAsync();
        }
    }

    private static RowSet Rows(string sysctl)
    {
        var rows = new RowSet();
        rows.Sysctls.Add(new(sysctl, "1"));
        return rows;
    }

    private static Rig With(string yaml, params string[] samples)
    {
        var rig = new Rig { SoftDeadline = TimeSpan.FromSeconds(1) };
        foreach (var sample in samples)
        {
            rig.Plugins.Add(sample);
        }
        return rig.Configure(yaml);
    }

    /// <summary>A file for which the sample waits.</summary>
    private sealed class FileRelease : IAsyncDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("netagent-release-");

        public string Path => System.IO.Path.Combine(_folder.FullName, "now");

        public void Now() => File.WriteAllText(Path, "");

        public ValueTask DisposeAsync()
        {
            Now();
            _folder.Delete(recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
