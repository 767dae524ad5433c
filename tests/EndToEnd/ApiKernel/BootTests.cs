using System.Diagnostics;
using NetAgent.EndToEnd.Tests.Api;
using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;
using NetAgent.TestKit.Api;

namespace NetAgent.EndToEnd.Tests.ApiKernel;

/// <summary>A node without another proxy, whose API server is outside, from its boot on: a network namespace with an empty kernel.</summary>
[Trait("Category", "ApiKernel")]
public sealed class BootTests(ITestOutputHelper output)
{
    private const string Unserved = "is the ClusterIP of Service default/kubernetes, and this node's IPVS has no virtual server for it";

    // Of an emulated kernel beside other work; the time that it took is written.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [KernelFact]
    public async Task By_the_servers_own_address_all_is_served_within_seconds_and_by_a_ClusterIP_the_agent_says_what_is_wrong_and_touches_nothing()
    {
        await using var server = await RealApiServer.StartAsync();
        await server.SendAsync(HttpMethod.Post, "api/v1/nodes", """{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}""");
        await server.SendAsync(HttpMethod.Post, "api/v1/namespaces/default/services", Objects.Service("web", ", \"clusterIP\": \"10.96.1.1\""));
        await server.SendAsync(HttpMethod.Post, Objects.Slices, Objects.Slice("web-1", "web", "10.244.1.10"));
        await using var node = new ApiNode(server, server.AdminKubeconfig);
        var config = node.WriteFile("agent.yaml", node.AgentYaml("- {name: ipvs, config: {clusterCIDR: 10.244.0.0/16}}"));
        var byClusterIP = server.WriteKubeconfig("cluster-ip.conf", "{token: admin-token}", new("https://10.96.0.1:443"));

        // As a pod has it whose manifest does not say otherwise: nothing leads there.
        StartInPod();
        node.Running.WaitUntil(() => node.Running.Log.Contains(Unserved, StringComparison.Ordinal), Patience, "the notice in an empty kernel");
        Assert.False(node.Running.HasExited);
        Assert.Equal(0, node.Running.Stop());
        Assert.True(IpvsTable.IsEmpty(node.Host));

        var watch = Stopwatch.StartNew();
        node.Start(config);
        node.Running.WaitUntil(() => IsServed(), Patience, "the Service in the kernel");
        output.WriteLine($"empty kernel, API server outside: served {watch.Elapsed.TotalSeconds:0.0} s after the agent's start");

        // The next start finds what this run left, and the wrong address.
        node.Running.Kill();
        StartInPod();
        node.Running.WaitUntil(() => node.Running.Log.Contains("https://10.96.0.1", StringComparison.Ordinal), Patience, "the notice beside the last run's state");
        Assert.True(IsServed());
        Assert.Equal(0, node.Running.Stop());
        Assert.True(IsServed());

        bool IsServed() => IpvsTable.HasServer(node.Host, "10.96.1.1", 80) && IpvsTable.HasReal(node.Host, "10.244.1.10", 8080);

        void StartInPod()
        {
            Environment.SetEnvironmentVariable("KUBERNETES_PORT", "tcp://10.96.0.1:443");
            node.Start(config, byClusterIP);
            Environment.SetEnvironmentVariable("KUBERNETES_PORT", null);
        }
    }
}
