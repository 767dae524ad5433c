using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;
using static NetAgent.EndToEnd.Tests.Network.ClusterNetwork;

namespace NetAgent.EndToEnd.Tests.Services;

public sealed class ClusterIPTests(RunningCluster cluster) : IClassFixture<RunningCluster>
{
    private ClusterNetwork Net => cluster.Network;

    private void Serve(string name, string clusterIP, string[] pods, string spec = "", string protocol = "TCP")
    {
        cluster.Manifests.Service(name, clusterIP, Manifests.Port(protocol: protocol) + spec,
            pods.Select(pod => Manifests.Ready(pod, pod.Contains(":2::", StringComparison.Ordinal) || pod == PodC ? "node-2" : "node-1")), protocol);
        var host = clusterIP.Contains(':', StringComparison.Ordinal) ? $"[{clusterIP}]:80" : $"{clusterIP}:80";
        cluster.Programmed((protocol == "UDP" ? "-u " : "-t ") + host,
            [.. pods.Select(pod => pod.Contains(':', StringComparison.Ordinal) ? $"[{pod}]:8080" : $"{pod}:8080")]);
    }

    [KernelFact]
    public void Forty_connections_from_outside_spread_over_the_pods_and_come_from_the_node()
    {
        Serve("spread", "10.96.1.1", [PodA, PodB, PodC]);
        var answers = Enumerable.Range(0, 40).Select(_ => Net.Outside.Tcp("10.96.1.1")).ToArray();
        var counts = answers.GroupBy(answer => answer.Split(' ')[0]).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(3, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 13, 14));
        Assert.All(answers, answer => Assert.True(IsFirstNode(answer.Split(' ')[1]), answer));
    }

    [KernelFact]
    public void A_pod_keeps_its_address()
    {
        Serve("from-pod", "10.96.1.2", [PodB, PodC]);
        string[] answers = [Net.A.Tcp("10.96.1.2"), Net.A.Tcp("10.96.1.2")];
        Assert.Equal(["pod-b", "pod-c"], answers.Select(answer => answer.Split(' ')[0]).Order());
        Assert.All(answers, answer => Assert.Equal(PodA, answer.Split(' ')[1]));
    }

    [KernelFact]
    public void The_node_itself_reaches_pods_here_and_elsewhere()
    {
        Serve("from-node", "10.96.1.3", [PodA, PodC]);
        Assert.Equal(["pod-a", "pod-c"], Net.Node1.Names(2, "10.96.1.3").Order());
        Assert.True(IsFirstNode(Net.Node1.Tcp("10.96.1.3").Split(' ')[1]));
    }

    [KernelFact]
    public void A_pod_reaches_itself_through_its_Service_as_somebody_else()
    {
        Serve("hairpin", "10.96.1.4", [PodA]);
        var answer = Net.A.Tcp("10.96.1.4").Split(' ');
        Assert.Equal("pod-a", answer[0]);
        Assert.NotEqual(PodA, answer[1]);
    }

    [KernelFact]
    public void Without_endpoints_connections_are_refused_at_once()
    {
        Serve("empty", "10.96.1.5", []);
        Assert.Equal("!ConnectionRefused", Net.A.Tcp("10.96.1.5"));
        Assert.Equal("!ConnectionRefused", Net.Outside.Tcp("10.96.1.5"));
    }

    [KernelFact]
    public void Ports_of_the_node_are_not_open_on_service_addresses()
    {
        Serve("guarded", "10.96.1.6", [PodA]);
        Net.Node1.Serve(9999, "0.0.0.0");
        Assert.StartsWith("node-1", Net.Outside.Tcp(NodeAddress, 9999), StringComparison.Ordinal);
        Assert.Equal("!ConnectionRefused", Net.Outside.Tcp("10.96.1.6", 9999));
    }

    [KernelFact]
    public void Udp_moves_to_the_new_pod_at_once_even_from_the_same_port()
    {
        Serve("dns", "10.96.1.7", [PodA], protocol: "UDP");
        Assert.StartsWith("pod-a", Net.Outside.Udp("10.96.1.7", from: OutsideAddress, fromPort: 5353), StringComparison.Ordinal);
        Serve("dns", "10.96.1.7", [PodB], protocol: "UDP");
        Assert.StartsWith("pod-b", Net.Outside.Udp("10.96.1.7", from: OutsideAddress, fromPort: 5353), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Udp_that_found_no_endpoint_finds_one_when_it_comes()
    {
        Serve("late", "10.96.1.8", [], protocol: "UDP");
        Assert.StartsWith("!", Net.A.Udp("10.96.1.8", from: PodA, fromPort: 5354), StringComparison.Ordinal);
        Serve("late", "10.96.1.8", [PodB], protocol: "UDP");
        Assert.StartsWith("pod-b", Net.A.Udp("10.96.1.8", from: PodA, fromPort: 5354), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Internal_policy_Local_uses_only_pods_of_this_node()
    {
        Serve("internal", "10.96.1.9", [PodB, PodC]);
        cluster.Manifests.Service("internal", "10.96.1.9", Manifests.Port() + ", internalTrafficPolicy: Local",
            [Manifests.Ready(PodB), Manifests.Ready(PodC, "node-2")]);
        cluster.Programmed("-t 10.96.1.9:80", $"{PodB}:8080");
        Assert.Equal(["pod-b", "pod-b", "pod-b"], Net.A.Names(3, "10.96.1.9"));
    }

    [KernelFact]
    public void IPv6_works_from_outside_from_a_pod_from_the_node_and_in_a_hairpin()
    {
        Serve("six", "fd00:10:96::1:1", [PodA6, PodC6]);
        Assert.Equal(["pod-a", "pod-c"], Net.Outside.Names(2, "fd00:10:96::1:1").Order());
        Assert.Equal(["pod-a", "pod-c"], Net.Node1.Names(2, "fd00:10:96::1:1").Order());
        string[] fromB = [Net.B.Tcp("fd00:10:96::1:1"), Net.B.Tcp("fd00:10:96::1:1")];
        Assert.All(fromB, answer => Assert.Equal(PodB6, answer.Split(' ')[1]));
        Assert.Equal(["pod-a", "pod-c"], Net.A.Names(2, "fd00:10:96::1:1").Order());
    }

    [KernelFact]
    public void A_removed_Service_is_gone_with_its_address()
    {
        Serve("brief", "10.96.1.10", [PodA]);
        Assert.StartsWith("pod-a", Net.Outside.Tcp("10.96.1.10"), StringComparison.Ordinal);
        cluster.Manifests.Delete("brief");
        cluster.Gone("-t 10.96.1.10:80");
        cluster.Running.WaitUntil(() => !Net.Node1.Script("ip -o addr show dev kube-ipvs0").Contains("10.96.1.10/32", StringComparison.Ordinal),
            TimeSpan.FromSeconds(10), "address gone");
    }
}
