using NetAgent.Contracts;
using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Plugins.Supervision;

public sealed class PluginSelectionTests
{
    [Fact]
    public async Task Adding_removing_and_reconfiguring_one_plugin_does_not_touch_another()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady}]");
        rig.Plugins.Add("Steady");
        rig.Plugins.Add("Steady", "other");
        await rig.RoundAsync();
        var before = rig["steady"].LastSuccess;
        rig.Time.Advance(TimeSpan.FromSeconds(1));

        rig.Configure("plugins: [{name: steady}, {name: other, config: {path: net/other}}]");
        await rig.RoundAsync();
        Assert.Equal("1", rig.Dataplane.Kernel["net/other"]);

        rig.Configure("plugins: [{name: steady}, {name: other, config: {path: net/other, value: 2}}]");
        await rig.RoundAsync();
        Assert.Equal("2", rig.Dataplane.Kernel["net/other"]);

        rig.Configure("plugins: [{name: steady}]");
        await rig.RoundAsync();
        Assert.DoesNotContain("net/other", rig.Dataplane.Kernel.Keys);
        Assert.Equal(before, rig["steady"].LastSuccess);
    }

    [Fact]
    public async Task Retain_leaves_the_kernel_state_of_a_plugin_that_is_removed()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady, onDisable: retain}]");
        rig.Plugins.Add("Steady");
        await rig.RoundAsync();

        rig.Configure("plugins: []");
        await rig.RoundAsync();

        Assert.Contains("close steady retain", rig.Dataplane.Calls);
    }

    [Fact]
    public async Task A_label_starts_and_stops_a_plugin_live()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady, nodeSelector: {role: edge}}]");
        rig.Plugins.Add("Steady");
        await rig.RoundAsync();
        Assert.Equal(PluginState.Off, rig["steady"].State);
        Assert.Equal("off (nodeSelector role=edge does not match)", rig["steady"].Gate);

        rig.Cluster.SetLabels(new Label("role", "edge"));
        await rig.RoundAsync();
        Assert.Equal("1", rig.Dataplane.Kernel["net/sample"]);

        rig.Cluster.SetLabels(new Label("role", "core"));
        await rig.RoundAsync();
        Assert.Empty(rig.Dataplane.Kernel);
    }

    [Fact]
    public async Task Observe_plans_and_writes_nothing_until_the_label_says_enforce()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady}]");
        rig.Plugins.Add("Steady");
        rig.Cluster.SetLabels(new Label("plugins.netagent.io/steady", "observe"));
        await rig.RoundAsync();
        Assert.Equal(PluginState.Running, rig["steady"].State);
        Assert.Empty(rig.Dataplane.Kernel);

        rig.Cluster.SetLabels(new Label("plugins.netagent.io/steady", "enforce"));
        await rig.RoundAsync();
        Assert.Equal("1", rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task A_misspelt_gate_starts_nothing_that_writes_and_stops_nothing_that_runs()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady}]");
        rig.Plugins.Add("Steady");
        rig.Cluster.SetLabels(new Label("plugins.netagent.io/steady", "obseve"));
        await rig.RoundAsync();
        Assert.Empty(rig.Dataplane.Kernel);
        Assert.Equal("observe (label plugins.netagent.io/steady=obseve is unknown)", rig["steady"].Gate);
        Assert.Contains(rig.Cluster.Posted, posted => posted is { IsWarning: true, Reason: "GateLabel" } && posted.Message.Contains("'obseve'", StringComparison.Ordinal));

        rig.Cluster.SetLabels();
        await rig.RoundAsync();
        Assert.Equal("1", rig.Dataplane.Kernel["net/sample"]);
        rig.Cluster.SetLabels(new Label("plugins.netagent.io/steady", "of"));
        await rig.RoundAsync();
        Assert.Equal("1", rig.Dataplane.Kernel["net/sample"]);
        Assert.Equal("enforce (label plugins.netagent.io/steady=of is unknown)", rig["steady"].Gate);

        rig.Cluster.SetLabels(new Label("plugins.netagent.io/steady", "off"));
        await rig.RoundAsync();
        Assert.Empty(rig.Dataplane.Kernel);
    }

    [Fact]
    public async Task A_plugin_that_was_taken_out_while_the_agent_was_down_is_cleaned_up()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady}]");
        Directory.CreateDirectory(Path.Combine(rig.Folder, "state"));
        File.WriteAllText(Path.Combine(rig.Folder, "state", "plugins"), "former cleanup\nkept retain\n");
        rig.Plugins.Add("Steady");
        rig.Dataplane.OpenSlice("former", PluginClaims.None);
        rig.Dataplane.OpenSlice("kept", PluginClaims.None);

        await rig.RoundAsync();

        Assert.Contains("close former", rig.Dataplane.Calls);
        Assert.Contains("close kept retain", rig.Dataplane.Calls);
        Assert.Equal("steady cleanup\n", File.ReadAllText(Path.Combine(rig.Folder, "state", "plugins")));
    }

    [Fact]
    public async Task A_new_configuration_under_which_a_plugin_fails_is_taken_back_within_the_trial()
    {
        await using var rig = new Rig().Configure("confirmWithin: 1m\nplugins: [{name: steady, config: {value: 7}}]");
        rig.Plugins.Add("Steady");
        await rig.RoundAsync();

        rig.Configure("confirmWithin: 1m\nplugins: [{name: steady, config: {value: throw}}]");
        await rig.RoundAsync();
        await rig.RoundAsync();
        rig.Time.Advance(TimeSpan.FromSeconds(2));
        await rig.RoundAsync();

        Assert.Equal(PluginState.Running, rig["steady"].State);
        Assert.Equal("7", rig.Dataplane.Kernel["net/sample"]);
        Assert.Contains("was taken back: plugin 'steady' is BackOff under it", rig.Loop.Snapshot.ConfigurationRefusal, StringComparison.Ordinal);
        Assert.Contains(rig.Cluster.Posted, posted => posted.Reason == "ConfigurationRefused");
    }

    [Fact]
    public async Task A_failure_after_the_trial_takes_nothing_back()
    {
        await using var rig = new Rig().Configure("confirmWithin: 10s\nplugins: [{name: steady}]");
        rig.Plugins.Add("Steady");
        rig.Plugins.Add("Throws");
        await rig.RoundAsync();
        rig.Configure("confirmWithin: 10s\nplugins: [{name: steady, config: {value: 2}}]");
        await rig.RoundAsync();
        rig.Time.Advance(TimeSpan.FromSeconds(11));
        await rig.RoundAsync();

        rig.Configure("plugins: [{name: steady, config: {value: 2}}, {name: throws}]");
        await rig.RoundAsync();

        Assert.Null(rig.Loop.Snapshot.ConfigurationRefusal);
        Assert.Equal(PluginState.BackOff, rig["throws"].State);
    }
}
