using NetAgent.Contracts;
using NetAgent.Host.Configuration;
using NetAgent.Host.Gates;

namespace NetAgent.Host.Tests.Gates;

public sealed class PluginGateTests
{
    private static readonly PluginEntry Gated = new() { Name = "ipvs", NodeSelector = [new("role", "edge")] };

    [Theory]
    [InlineData("", "Off")]
    [InlineData("role=core", "Off")]
    [InlineData("role=edge", "Enforce")]
    [InlineData("role=edge,plugins.netagent.io/ipvs=off", "Off")]
    [InlineData("role=edge,plugins.netagent.io/ipvs=observe", "Observe")]
    [InlineData("plugins.netagent.io/ipvs=enforce", "Enforce")]
    [InlineData("role=edge,plugins.netagent.io/other=off", "Enforce")]
    public void The_plugins_own_label_wins_over_its_node_selector(string labels, string mode)
    {
        Assert.Equal(mode, PluginGate.Decide(Gated, null, Node("node-1", labels)).Mode.ToString());
    }

    [Theory]
    [InlineData("role=edge", null, "Observe", "since the agent started there was none that is, so the plugin is at observe")]
    [InlineData("role=core", null, "Off", "since the agent started there was none that is, so the plugin is at off")]
    [InlineData("role=edge", "Off", "Off", "the plugin stays at off, where it was")]
    [InlineData("role=edge", "Observe", "Observe", "the plugin stays at observe, where it was")]
    [InlineData("role=core", "Enforce", "Enforce", "the plugin stays at enforce, where it was")]
    public void A_gate_value_that_means_nothing_is_named_and_changes_nothing(string labels, string? last, string mode, string says)
    {
        var decision = PluginGate.Decide(Gated, null, Node("node-1", labels + ",plugins.netagent.io/ipvs=obseve"), last is null ? null : Enum.Parse<GateMode>(last));

        Assert.Equal(mode, decision.Mode.ToString());
        Assert.Equal($"label plugins.netagent.io/ipvs: 'obseve' is none of off, observe, enforce; {says}", decision.Problem);
    }

    [Fact]
    public void Nodes_outside_the_share_observe_and_the_entrys_own_share_wins()
    {
        var entry = new PluginEntry { Name = "ipvs" };
        Assert.Equal(GateMode.Observe, PluginGate.Decide(entry, new(0, ""), Node("node-1", "")).Mode);
        Assert.Equal(GateMode.Enforce, PluginGate.Decide(entry with { Rollout = new(100, "") }, new(0, ""), Node("node-1", "")).Mode);
    }

    [Fact]
    public void A_share_is_about_its_percentage_grows_without_swapping_nodes_and_depends_on_the_salt()
    {
        var nodes = Enumerable.Range(0, 2000).Select(i => $"node-{i}").ToArray();
        var ten = nodes.Where(node => PluginGate.IsInShare(node, new(10, "a"))).ToHashSet();
        var thirty = nodes.Where(node => PluginGate.IsInShare(node, new(30, "a"))).ToHashSet();

        Assert.InRange(ten.Count, 150, 250);
        Assert.InRange(thirty.Count, 520, 680);
        Assert.Subset(thirty, ten);
        Assert.NotEqual(ten, nodes.Where(node => PluginGate.IsInShare(node, new(10, "b"))).ToHashSet());
        Assert.DoesNotContain(nodes, node => PluginGate.IsInShare(node, new(0, "a")));
        Assert.All(nodes, node => Assert.True(PluginGate.IsInShare(node, new(100, "a"))));
    }

    private static Node Node(string name, string labels) => new()
    {
        Name = name,
        Labels = labels.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(label => label.Split('=')).Select(pair => new Label(pair[0], pair[1])).ToEquatableArray(),
    };
}
