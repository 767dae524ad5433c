using System.Net.Sockets;
using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;
using NetAgent.Traffic;
using static NetAgent.EndToEnd.Tests.Network.ClusterNetwork;

namespace NetAgent.EndToEnd.Tests.Services;

/// <summary>What happens to connections while endpoints come, drain and go, and to clients that shall stick.</summary>
public sealed class ConnectionTests(RunningCluster cluster) : IClassFixture<RunningCluster>
{
    private ClusterNetwork Net => cluster.Network;

    [KernelFact]
    public void Open_connections_of_a_removed_pod_finish_and_new_ones_go_elsewhere()
    {
        cluster.Manifests.Service("drain", "10.96.3.1", Manifests.Port(), [Manifests.Ready(PodA)]);
        cluster.Programmed("-t 10.96.3.1:80", $"{PodA}:8080");
        using (var open = Net.Outside.Connect("10.96.3.1"))
        {
            Assert.StartsWith("pod-a", Client.ReadLine(open), StringComparison.Ordinal);
            cluster.Manifests.Service("drain", "10.96.3.1", Manifests.Port(), [Manifests.Ready(PodB)]);
            cluster.Programmed("-t 10.96.3.1:80", $"{PodB}:8080");
            Assert.Equal(["pod-b", "pod-b", "pod-b", "pod-b"], Net.Outside.Names(4, "10.96.3.1"));
            Assert.Equal("still here", Client.Echo(open, "still here"));
            Assert.Contains($"-r {PodA}:8080 -m -w 0", cluster.Ipvs, StringComparison.Ordinal);
            // A reset leaves no lingering entry, so the drained server may go soon.
            open.LingerState = new LingerOption(true, 0);
        }
        cluster.Running.WaitUntil(() => !cluster.Ipvs.Contains($"-t 10.96.3.1:80 -r {PodA}:8080", StringComparison.Ordinal), TimeSpan.FromSeconds(45), "drained");
    }

    [KernelFact]
    public void A_pod_that_comes_back_while_it_drains_is_used_again()
    {
        cluster.Manifests.Service("back", "10.96.3.2", Manifests.Port(), [Manifests.Ready(PodA)]);
        cluster.Programmed("-t 10.96.3.2:80", $"{PodA}:8080");
        using var open = Net.Outside.Connect("10.96.3.2");
        Client.ReadLine(open);
        cluster.Manifests.Service("back", "10.96.3.2", Manifests.Port(), []);
        cluster.Programmed("-t 10.96.3.2:80");
        cluster.Manifests.Service("back", "10.96.3.2", Manifests.Port(), [Manifests.Ready(PodA)]);
        cluster.Programmed("-t 10.96.3.2:80", $"{PodA}:8080");
        Assert.Equal("again", Client.Echo(open, "again"));
        Assert.StartsWith("pod-a", Net.Outside.Tcp("10.96.3.2"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Terminating_pods_serve_only_when_no_ready_one_is_left()
    {
        cluster.Manifests.Service("term", "10.96.3.3", Manifests.Port(), [Manifests.Terminating(PodA), Manifests.Ready(PodB)]);
        cluster.Programmed("-t 10.96.3.3:80", $"{PodB}:8080");
        cluster.Manifests.Service("term", "10.96.3.3", Manifests.Port(), [Manifests.Terminating(PodA), Manifests.Terminating(PodB)]);
        cluster.Programmed("-t 10.96.3.3:80", $"{PodA}:8080", $"{PodB}:8080");
        Assert.Equal(["pod-a", "pod-b"], Net.Outside.Names(2, "10.96.3.3").Order());
    }

    [KernelFact]
    public void Session_affinity_holds_and_expires()
    {
        cluster.Manifests.Service("sticky", "10.96.3.4", Manifests.Port(protocol: "UDP")
            + ", sessionAffinity: ClientIP, sessionAffinityConfig: { clientIP: { timeoutSeconds: 6 } }",
            [Manifests.Ready(PodA), Manifests.Ready(PodB)], "UDP");
        cluster.Programmed("-u 10.96.3.4:80", $"{PodA}:8080", $"{PodB}:8080");
        var first = Net.A.Udp("10.96.3.4").Split(' ')[0];
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(first, Net.A.Udp("10.96.3.4").Split(' ')[0]);
        }
        // Connections end after the agent's udpTimeout of 3 s, the affinity 6 s after the last of them began.
        Thread.Sleep(10_000);
        Assert.NotEqual(first, Net.A.Udp("10.96.3.4").Split(' ')[0]);
    }

    [KernelFact]
    public void Without_affinity_clients_go_round()
    {
        cluster.Manifests.Service("round", "10.96.3.5", Manifests.Port(), [Manifests.Ready(PodA), Manifests.Ready(PodB), Manifests.Ready(PodC, "node-2")]);
        cluster.Programmed("-t 10.96.3.5:80", $"{PodA}:8080", $"{PodB}:8080", $"{PodC}:8080");
        Assert.Equal(["pod-a", "pod-b", "pod-c"], Net.A.Names(3, "10.96.3.5").Order());
    }
}
