namespace NetAgent.EndToEnd.Tests.Api;

/// <summary>Labels on the Node of a real API server start and stop plugins of the real agent: rows come into a real kernel and go.</summary>
[Collection("Api server"), Trait("Category", "Api")]
public sealed class LabelTests(ApiServerFixture fixture, ITestOutputHelper output)
{
    private const string Arp = "net/ipv4/conf/all/arp_ignore";

    [Fact]
    public async Task A_label_starts_plugins_and_its_removal_stops_and_cleans_within_two_seconds()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root to make a network namespace");
        await using var node = new ApiNode(fixture.Server, fixture.Server.AdminKubeconfig);
        node.Start(node.WriteFile("agent.yaml", node.AgentYaml("""
            - { name: metallb-arp, nodeSelector: { test/role: edge }, config: { mode: all } }
            - { name: masq-agent, nodeSelector: { test/role: edge }, config: { nonMasqueradeCIDRs: [192.0.2.0/24] } }
            """)));
        node.Running.WaitUntil(() => node.Plugin("masq-agent").State == "Off" && node.Running.Log.Contains(" is in after ", StringComparison.Ordinal), TimeSpan.FromSeconds(60), "the agent follows");
        Assert.Equal(("0", ""), (node.Sysctl(Arp), node.MasqueradeChain()));

        var worst = TimeSpan.Zero;
        for (var i = 0; i < 3; i++)
        {
            var set = await node.TimeAsync(() => LabelAsync("edge"),
                () => node.Sysctl(Arp) == "1" && node.MasqueradeChain().Contains("-d 192.0.2.0/24", StringComparison.Ordinal), "both are in the kernel");
            var removed = await node.TimeAsync(() => LabelAsync(null),
                () => node.Sysctl(Arp) == "0" && node.MasqueradeChain().Length == 0, "both are out of the kernel");
            output.WriteLine($"label set: in the kernel after {set.TotalMilliseconds:0} ms; removed: out after {removed.TotalMilliseconds:0} ms");
            worst = new[] { worst, set, removed }.Max();
        }
        Assert.InRange(worst, TimeSpan.Zero, TimeSpan.FromSeconds(2));

        // The plugin's own label is stronger than its selector.
        await node.TimeAsync(() => LabelAsync("edge"), () => node.Sysctl(Arp) == "1", "in again");
        await fixture.Server.KubectlAsync("label node node-1 plugins.netagent.io/metallb-arp=off");
        node.Running.WaitUntil(() => node.Sysctl(Arp) == "0", TimeSpan.FromSeconds(20), "off by its own label");
        Assert.Contains("-d 192.0.2.0/24", node.MasqueradeChain(), StringComparison.Ordinal);
        await fixture.Server.KubectlAsync("label node node-1 plugins.netagent.io/metallb-arp- test/role-");
        node.Running.WaitUntil(() => node.MasqueradeChain().Length == 0, TimeSpan.FromSeconds(20), "all is clean");
    }

    private Task LabelAsync(string? role) => fixture.Server.SendAsync(HttpMethod.Patch, "api/v1/nodes/node-1",
        new { metadata = new { labels = new Dictionary<string, string?> { ["test/role"] = role } } }, "application/merge-patch+json");
}
