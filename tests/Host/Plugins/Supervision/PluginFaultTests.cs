using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Host.Plugins.Supervision;
using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Plugins.Supervision;

public sealed class PluginFaultTests
{
    [Fact]
    public async Task A_plugin_is_not_called_before_the_annotations_it_asks_for_have_been_read()
    {
        await using var rig = new Rig { Cluster = { Read = MetadataWish.None } };
        rig.Plugins.Add("Steady");
        rig.Plugins.Add("Steady", "other");
        rig.Configure("plugins: [{name: steady, config: {annotation: acme.example/x}}, {name: other, config: {path: net/other}}]");

        await rig.RoundAsync();
        Assert.Equal(new MetadataWish([], ["acme.example/x"]), rig.Cluster.Wish);
        Assert.Equal((PluginState.Starting, PluginState.Running), (rig["steady"].State, rig["other"].State));
        Assert.False(rig.Dataplane.Kernel.ContainsKey("net/sample"));

        rig.Cluster.Read = rig.Cluster.Wish;
        await rig.RoundAsync();
        Assert.Equal((PluginState.Running, "1"), (rig["steady"].State, rig.Dataplane.Kernel["net/sample"]));
    }

    [Fact]
    public void A_row_outside_the_claims_is_reported_as_that_and_not_as_a_fault_in_the_call()
    {
        var fault = PluginFault.Of("Reconcile", new ClaimViolationException("plugin x, scope 'a': sysctl net/y lies outside the plugin's claims"));

        Assert.Equal((PluginState.BackOff, "ClaimViolation"), (fault.State, fault.Reason));
        Assert.Equal("plugin x, scope 'a': sysctl net/y lies outside the plugin's claims", fault.Message);
    }

    [Fact]
    public async Task A_plugin_that_throws_writes_nothing_is_backed_off_and_its_sibling_does_not_notice()
    {
        await using var rig = With("Throws", "Steady");
        await rig.RoundAsync();

        Assert.Equal(PluginState.BackOff, rig["throws"].State);
        Assert.Contains("this plugin always throws", rig["throws"].LastError, StringComparison.Ordinal);
        Assert.Equal(rig.Time.GetUtcNow() + TimeSpan.FromSeconds(1), rig["throws"].RetryAt);
        Assert.Equal(PluginState.Running, rig["steady"].State);
        // The half that it wrote before it threw must not be taken for all it wants: its earlier kernel state would go.
        Assert.False(rig.Dataplane.Slices.ContainsKey("throws"));
    }

    [Fact]
    public async Task Back_off_doubles_to_five_minutes()
    {
        await using var rig = With("Throws");
        await rig.RoundAsync();
        foreach (var seconds in (int[])[2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
        {
            rig.Time.Advance(rig["throws"].RetryAt!.Value - rig.Time.GetUtcNow());
            await rig.RoundAsync();
            Assert.Equal(rig.Time.GetUtcNow() + TimeSpan.FromSeconds(seconds), rig["throws"].RetryAt);
        }
        Assert.Single(rig.Log.Lines, line => line.Contains("always throws", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_last_slice_of_a_plugin_that_begins_to_throw_stays()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady, config: {value: 7}}]");
        rig.Plugins.Add("Steady");
        await rig.RoundAsync();

        rig.Configure("plugins: [{name: steady, config: {value: throw}}]");
        await rig.RoundAsync();

        Assert.Equal(PluginState.BackOff, rig["steady"].State);
        Assert.Equal("7", rig.Dataplane.Kernel["net/sample"]);

        rig.Configure("plugins: [{name: steady, config: {value: 8}}]");
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.RoundAsync();
        Assert.Equal(PluginState.Running, rig["steady"].State);
        Assert.Equal("8", rig.Dataplane.Kernel["net/sample"]);
    }

    [Theory]
    [InlineData("inProcess")]
    [InlineData("process")]
    public async Task A_new_configuration_is_applied_at_once_however_long_the_back_off_has_become(string isolation)
    {
        await using var rig = new Rig().Configure($"plugins: [{{name: steady, isolation: {isolation}, config: {{value: throw}}}}]");
        rig.Plugins.Add("Steady");
        await FailAsync(rig, "steady", 6);

        rig.Configure($"plugins: [{{name: steady, isolation: {isolation}, config: {{value: 8}}}}]");
        await rig.RoundAsync();

        Assert.Equal((PluginState.Running, "8"), (rig["steady"].State, rig.Dataplane.Kernel["net/sample"]));
    }

    [Fact]
    public async Task A_new_configuration_under_which_a_plugin_goes_on_failing_begins_its_back_off_anew()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady, config: {value: throw}}]");
        rig.Plugins.Add("Steady");
        await FailAsync(rig, "steady", 6);

        rig.Configure("plugins: [{name: steady, config: {value: throw, path: net/other}}]");
        await rig.RoundAsync();

        Assert.Equal((PluginState.BackOff, rig.Time.GetUtcNow() + TimeSpan.FromSeconds(1)), (rig["steady"].State, rig["steady"].RetryAt));
    }

    [Fact]
    public async Task A_new_configuration_that_ends_a_conflict_is_applied_at_once()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady}, {name: twin}]");
        rig.Plugins.Add("Steady");
        rig.Plugins.Add("Steady", "twin");
        await FailAsync(rig, "twin", 6);

        rig.Configure("plugins: [{name: steady}, {name: twin, config: {path: net/twin}}]");
        await rig.RoundAsync();

        Assert.Equal(PluginState.Running, rig["twin"].State);
    }

    [Fact]
    public async Task A_plugin_that_never_returns_is_wedged_after_its_deadline_and_no_longer_waited_for()
    {
        await using var rig = With("Hangs", "Steady");
        _ = rig.Loop;
        var round = rig.RoundAsync();
        while (!round.IsCompleted)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
            rig.Time.Advance(TimeSpan.FromSeconds(1));
        }
        await round;

        Assert.Equal(PluginState.Wedged, rig["hangs"].State);
        Assert.Equal("Reconcile did not return within 10s", rig["hangs"].LastError);
        Assert.Equal(PluginState.Running, rig["steady"].State);

        // The next round does not wait: the clock stands still.
        rig.Cluster.SetService("a");
        await rig.RoundAsync().WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        Assert.Contains("services 1", rig.Change("steady"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_plugins_that_claim_the_same_are_a_conflict_by_name_and_the_first_holds()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady}, {name: twin}]");
        rig.Plugins.Add("Steady");
        rig.Plugins.Add("Steady", "twin");
        await rig.RoundAsync();

        Assert.Equal(PluginState.Running, rig["steady"].State);
        Assert.Equal(PluginState.Refused, rig["twin"].State);
        Assert.Equal("ClaimConflict", rig["twin"].Reason);
        Assert.Contains("steady", rig["twin"].LastError, StringComparison.Ordinal);

        // The conflict ends with the first one, and the second comes in by itself.
        rig.Configure("plugins: [{name: twin}]");
        await rig.RoundAsync();
        rig.Time.Advance(TimeSpan.FromSeconds(5));
        await rig.RoundAsync();
        Assert.Equal(PluginState.Running, rig["twin"].State);
    }

    [Fact]
    public async Task A_configuration_that_a_plugin_refuses_leaves_its_last_good_one()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady, config: {value: 7}}]");
        rig.Plugins.Add("Steady");
        await rig.RoundAsync();

        rig.Configure("plugins: [{name: steady, config: {value: bad}}]");
        await rig.RoundAsync();

        Assert.Equal(PluginState.Running, rig["steady"].State);
        Assert.Equal("7", rig.Dataplane.Kernel["net/sample"]);
        Assert.Contains(rig.Cluster.Posted, posted => posted is { IsWarning: true, Reason: "ConfigurationRefused" });
    }

    [Fact]
    public async Task A_configuration_that_went_bad_while_the_agent_was_away_leaves_the_last_good_one_and_a_good_one_replaces_it()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady, config: {value: 7}}]");
        rig.Plugins.Add("Steady");
        await rig.RoundAsync();
        await rig.RestartAsync();

        rig.Configure("plugins: [{name: steady, config: {value: bad}}]");
        await rig.RoundAsync();
        Assert.Equal(PluginState.Running, rig["steady"].State);
        Assert.Equal("7", rig.Dataplane.Kernel["net/sample"]);
        Assert.Contains(rig["steady"].Problems, problem => problem.IsError);
        Assert.True(rig.Loop.Snapshot.IsDegraded);

        rig.Configure("plugins: [{name: steady, config: {value: 8}}]");
        await rig.RoundAsync();
        Assert.Equal("8", rig.Dataplane.Kernel["net/sample"]);
        Assert.False(rig.Loop.Snapshot.IsDegraded);
    }

    [Fact]
    public async Task A_refused_plugin_comes_in_when_its_folder_is_mended_though_the_configuration_stays()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady, config: {value: 7}}]");
        await rig.RoundAsync();
        Assert.Equal(PluginState.Refused, rig["steady"].State);

        rig.Plugins.Add("Steady");
        await rig.RoundAsync();
        Assert.Equal(PluginState.Refused, rig["steady"].State);
        rig.Time.Advance(TimeSpan.FromSeconds(30));
        await rig.RoundAsync();
        Assert.Equal(PluginState.Running, rig["steady"].State);
        Assert.Equal("7", rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task What_is_kept_of_an_earlier_configuration_may_be_damaged()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady, config: {value: bad}}]");
        rig.Plugins.Add("Steady");
        Directory.CreateDirectory(Path.Combine(rig.Folder, "state"));
        await File.WriteAllBytesAsync(Path.Combine(rig.Folder, "state", "configuration.steady"), [1, 255, 255, 3], TestContext.Current.CancellationToken);
        await rig.RoundAsync();
        Assert.Equal(PluginState.Refused, rig["steady"].State);
        Assert.Contains(rig.Loop.Snapshot.Notices, posted => posted.Notice is { Reason: "StateFile" } notice && notice.Message.Contains("configuration.steady", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_plugin_whose_first_configuration_is_refused_does_not_start_and_comes_in_when_it_is_right()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady, config: {value: bad}}]");
        rig.Plugins.Add("Steady");
        await rig.RoundAsync();
        Assert.Equal(PluginState.Refused, rig["steady"].State);
        Assert.Empty(rig.Dataplane.Slices);

        rig.Configure("plugins: [{name: steady, config: {value: 2}}]");
        await rig.RoundAsync();
        Assert.Equal("2", rig.Dataplane.Kernel["net/sample"]);
    }

    private static async Task FailAsync(Rig rig, string plugin, int times)
    {
        await rig.RoundAsync();
        for (var i = 1; i < times; i++)
        {
            rig.Time.Advance(rig[plugin].RetryAt!.Value - rig.Time.GetUtcNow());
            await rig.RoundAsync();
        }
        Assert.Equal(rig.Time.GetUtcNow() + TimeSpan.FromSeconds(1 << (times - 1)), rig[plugin].RetryAt);
    }

    private static Rig With(params string[] samples)
    {
        var rig = new Rig();
        foreach (var sample in samples)
        {
            rig.Plugins.Add(sample);
        }
        return rig.Configure($"plugins: [{string.Join(", ", samples.Select(sample => $"{{name: {sample.ToLowerInvariant()}}}"))}]");
    }
}
