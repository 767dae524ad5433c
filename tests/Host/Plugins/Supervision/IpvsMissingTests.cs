using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Plugins.Supervision;

/// <summary>Without IPVS, addresses and chains for virtual servers would swallow the traffic that they are for.</summary>
public sealed class IpvsMissingTests
{
    [Fact]
    public async Task A_plugin_of_virtual_servers_is_held_back_with_the_fix_others_run_and_it_comes_in_when_IPVS_does()
    {
        await using var rig = new Rig().Configure("plugins: [{name: mirror}, {name: steady}]");
        rig.Plugins.Add("Mirror");
        rig.Plugins.Add("Steady");
        rig.Dataplane.Capabilities = rig.Dataplane.Capabilities with { Ipvs = false };
        rig.Cluster.SetState(Isolation.Sample.Cluster(3, 2), Contracts.ClusterChange.All);
        await rig.RoundAsync();

        Assert.Equal((PluginState.BackOff, "IpvsMissing"), (rig["mirror"].State, rig["mirror"].Reason));
        Assert.Contains("modprobe ip_vs", rig["mirror"].LastError, StringComparison.Ordinal);
        Assert.Equal(["steady"], rig.Dataplane.Slices.Keys);
        Assert.Equal("1", rig.Dataplane.Kernel["net/sample"]);
        Assert.Contains(rig.Cluster.Posted, posted => posted is { IsWarning: true, Reason: "IpvsMissing" });

        // However long it takes until somebody loads it: nothing fails, so nothing backs off.
        for (var i = 0; i < 20; i++)
        {
            rig.Time.Advance(TimeSpan.FromSeconds(5));
            await rig.RoundAsync();
        }
        Assert.Equal(rig.Time.GetUtcNow() + TimeSpan.FromSeconds(5), rig["mirror"].RetryAt);
        Assert.Single(rig.Cluster.Posted, posted => posted.Reason == "IpvsMissing");
        var metrics = new PrometheusText();
        rig.Metrics.Write(metrics);
        Assert.DoesNotContain("netagent_plugin_failures_total{", metrics.ToString(), StringComparison.Ordinal);

        rig.Dataplane.Capabilities = rig.Dataplane.Capabilities with { Ipvs = true };
        rig.Time.Advance(TimeSpan.FromSeconds(5));
        await rig.RoundAsync();

        Assert.Equal(PluginState.Running, rig["mirror"].State);
        Assert.Contains("mirror", rig.Dataplane.Slices.Keys);
    }

    [Fact]
    public async Task A_plugin_that_already_programmed_the_kernel_is_not_held_back_by_a_later_look()
    {
        await using var rig = new Rig().Configure("plugins: [{name: mirror}]");
        rig.Plugins.Add("Mirror");
        await rig.RoundAsync();
        rig.Dataplane.Capabilities = rig.Dataplane.Capabilities with { Ipvs = false };
        rig.Cluster.SetService("late");
        await rig.RoundAsync();

        Assert.Equal(PluginState.Running, rig["mirror"].State);
    }
}
