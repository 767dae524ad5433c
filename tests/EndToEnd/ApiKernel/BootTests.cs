using System.Diagnostics;
using NetAgent.EndToEnd.Tests.Api;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.ApiKernel;

/// <summary>A node without another proxy, whose API server is outside, from its boot on: a network namespace with an empty kernel.</summary>
[Collection("Large cluster"), Trait("Category", "ApiKernel")]
public sealed class BootTests(LargeCluster cluster, ITestOutputHelper output)
{
    private const string Unserved = "is the ClusterIP of Service default/kubernetes, and this node's IPVS has no virtual server for it";

    // Of an emulated kernel beside other work; the time that it took is written.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    [KernelFact]
    public async Task By_the_servers_own_address_all_is_served_within_seconds_and_by_a_ClusterIP_the_agent_says_what_is_wrong_and_touches_nothing()
    {
        await cluster.SettleAsync();
        await using var node = new ApiNode(cluster.Server, cluster.Server.AdminKubeconfig);
        var config = node.WriteFile("agent.yaml", node.AgentYaml("- {name: ipvs, config: {clusterCIDR: 10.244.0.0/16}}"));
        Assert.Equal(0, Served(node));

        // As a pod has it whose manifest does not say otherwise: nothing leads there.
        StartByClusterIP(node, config);
        node.Running.WaitUntil(() => node.Running.Log.Contains(Unserved, StringComparison.Ordinal), Patience, "the notice in an empty kernel");
        Assert.False(node.Running.HasExited);
        Assert.Equal(0, node.Running.Stop());

        var watch = Stopwatch.StartNew();
        node.Start(config);
        node.Running.WaitUntil(() => Served(node) == LargeCluster.Services, Patience, "all virtual servers", progress: () => Served(node));
        output.WriteLine($"empty kernel, API server outside: {LargeCluster.Services} virtual servers {watch.Elapsed.TotalSeconds:0.0} s after the agent's start");

        // The next start finds what this run left, and the wrong address.
        node.Running.Kill();
        StartByClusterIP(node, config);
        node.Running.WaitUntil(() => node.Running.Log.Contains(Unserved, StringComparison.Ordinal), Patience, "the notice beside the last run's state");
        Assert.Equal(LargeCluster.Services, Served(node));
        Assert.Equal(0, node.Running.Stop());
        Assert.Equal(LargeCluster.Services, Served(node));
    }

    private void StartByClusterIP(ApiNode node, string config)
    {
        var kubeconfig = cluster.Server.WriteKubeconfig("cluster-ip.conf", "{token: admin-token}", new("https://10.96.0.1:443"));
        Environment.SetEnvironmentVariable("KUBERNETES_PORT", "tcp://10.96.0.1:443");
        node.Start(config, kubeconfig);
        Environment.SetEnvironmentVariable("KUBERNETES_PORT", null);
    }

    // Port 80: default/kubernetes is not one of them.
    private static int Served(ApiNode node) => node.Host.Do(() => File.ReadLines("/proc/thread-self/net/ip_vs").Count(line =>
        line.StartsWith("TCP  0A60", StringComparison.Ordinal) && line.Contains(":0050 ", StringComparison.Ordinal)));
}
