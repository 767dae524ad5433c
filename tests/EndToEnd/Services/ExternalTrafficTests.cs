using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;
using static NetAgent.EndToEnd.Tests.Network.ClusterNetwork;

namespace NetAgent.EndToEnd.Tests.Services;

/// <summary>NodePort, LoadBalancer and externalIPs: who answers, and whose address the pod sees.</summary>
public sealed class ExternalTrafficTests(RunningCluster cluster) : IClassFixture<RunningCluster>
{
    private static readonly string[] _everywhere = [Manifests.Ready(PodA), Manifests.Ready(PodC, "node-2")];
    private static readonly string[] _everywhere6 = [Manifests.Ready(PodA6), Manifests.Ready(PodC6, "node-2")];

    private ClusterNetwork Net => cluster.Network;

    [KernelFact]
    public void NodePort_serves_outside_pods_and_the_node_and_masquerades()
    {
        cluster.Manifests.Service("np", "10.96.2.1", "type: NodePort, " + Manifests.Port(30081), _everywhere);
        cluster.Programmed($"-t {NodeAddress}:30081", $"{PodA}:8080", $"{PodC}:8080");
        string[] outside = [Net.Outside.Tcp(NodeAddress, 30081), Net.Outside.Tcp(NodeAddress, 30081)];
        Assert.Equal(["pod-a", "pod-c"], outside.Select(answer => answer.Split(' ')[0]).Order());
        Assert.All(outside, answer => Assert.True(IsFirstNode(answer.Split(' ')[1]), answer));
        Assert.Equal(["pod-a", "pod-c"], Net.B.Names(2, NodeAddress, 30081).Order());
        Assert.Equal(["pod-a", "pod-c"], Net.Node1.Names(2, NodeAddress, 30081).Order());
    }

    [KernelFact]
    public void NodePort_with_local_policy_keeps_the_client_address_and_stays_on_the_node()
    {
        cluster.Manifests.Service("npl", "10.96.2.2", "type: NodePort, externalTrafficPolicy: Local, " + Manifests.Port(30082), _everywhere);
        cluster.Programmed($"-t {NodeAddress}:30082", $"{PodA}:8080");
        var answers = Enumerable.Range(0, 3).Select(_ => Net.Outside.Tcp(NodeAddress, 30082).Split(' ')[..2]).ToArray();
        Assert.All(answers, answer => Assert.Equal(["pod-a", OutsideAddress], answer));
    }

    [KernelFact]
    public void NodePort_follows_a_new_address_of_the_node()
    {
        cluster.Manifests.Service("npa", "10.96.2.3", "type: NodePort, " + Manifests.Port(30083), _everywhere);
        cluster.Programmed($"-t {NodeAddress}:30083", $"{PodA}:8080", $"{PodC}:8080");
        Net.Node1.Ip("addr add 192.0.2.111/24 dev eth0");
        cluster.Programmed("-t 192.0.2.111:30083", $"{PodA}:8080", $"{PodC}:8080");
        Assert.StartsWith("pod-", Net.Outside.Tcp("192.0.2.111", 30083), StringComparison.Ordinal);
        Net.Node1.Ip("addr del 192.0.2.111/24 dev eth0");
        cluster.Gone("-t 192.0.2.111:30083");
    }

    [KernelFact]
    public void LoadBalancer_masquerades_with_policy_Cluster_and_not_with_Local()
    {
        cluster.Manifests.Service("lb", "10.96.2.4", "type: LoadBalancer, " + Manifests.Port(30084), _everywhere, status: "{ ip: 203.0.113.4 }");
        cluster.Programmed("-t 203.0.113.4:80", $"{PodA}:8080", $"{PodC}:8080");
        Assert.True(IsFirstNode(Net.Outside.Tcp("203.0.113.4").Split(' ')[1]));
        cluster.Manifests.Service("lb", "10.96.2.4", "type: LoadBalancer, externalTrafficPolicy: Local, " + Manifests.Port(30084), _everywhere,
            status: "{ ip: 203.0.113.4 }");
        cluster.Programmed("-t 203.0.113.4:80", $"{PodA}:8080");
        Assert.Equal(["pod-a", OutsideAddress], Net.Outside.Tcp("203.0.113.4").Split(' ')[..2]);
    }

    [KernelFact]
    public void Source_ranges_admit_and_refuse()
    {
        cluster.Manifests.Service("ranges", "10.96.2.5",
            "type: LoadBalancer, loadBalancerSourceRanges: [\" 198.51.100.0/24\"], " + Manifests.Port(30085), _everywhere, status: "{ ip: 203.0.113.5 }");
        cluster.Programmed("-t 203.0.113.5:80", $"{PodA}:8080", $"{PodC}:8080");
        Assert.StartsWith("pod-", Net.Outside.Tcp("203.0.113.5", from: OtherOutsideAddress), StringComparison.Ordinal);
        Assert.Equal("!TimedOut", Net.Outside.Tcp("203.0.113.5", from: OutsideAddress));
        // The node is not in the range either (KUBE-IPVS-OUT-FILTER).
        Assert.StartsWith("!", Net.Node1.Tcp("203.0.113.5"), StringComparison.Ordinal);
        // In-cluster clients keep the ClusterIP.
        Assert.StartsWith("pod-", Net.B.Tcp("10.96.2.5"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_source_range_of_everything_admits_everybody()
    {
        cluster.Manifests.Service("open", "10.96.2.6", "type: LoadBalancer, loadBalancerSourceRanges: [0.0.0.0/0], " + Manifests.Port(30086), _everywhere,
            status: "{ ip: 203.0.113.6 }");
        cluster.Programmed("-t 203.0.113.6:80", $"{PodA}:8080", $"{PodC}:8080");
        Assert.StartsWith("pod-", Net.Outside.Tcp("203.0.113.6"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void ExternalIPs_serve_outside_and_masquerade()
    {
        cluster.Manifests.Service("ext", "10.96.2.7", "externalIPs: [203.0.113.7], " + Manifests.Port(), _everywhere);
        cluster.Programmed("-t 203.0.113.7:80", $"{PodA}:8080", $"{PodC}:8080");
        var answer = Net.Outside.Tcp("203.0.113.7").Split(' ');
        Assert.StartsWith("pod-", answer[0], StringComparison.Ordinal);
        Assert.True(IsFirstNode(answer[1]), answer[1]);
    }

    [KernelFact]
    public void An_ipMode_Proxy_address_is_left_to_the_load_balancer()
    {
        cluster.Manifests.Service("proxy", "10.96.2.8", "type: LoadBalancer, " + Manifests.Port(30088), _everywhere,
            status: "{ ip: 203.0.113.8, ipMode: Proxy }");
        cluster.Programmed($"-t {NodeAddress}:30088", $"{PodA}:8080", $"{PodC}:8080");
        Assert.DoesNotContain("203.0.113.8", cluster.Ipvs, StringComparison.Ordinal);
    }

    [KernelFact]
    public void IPv6_NodePort_and_LoadBalancer_follow_the_same_policies()
    {
        cluster.Manifests.Service("lb6", "fd00:10:96::2:9", "type: LoadBalancer, externalTrafficPolicy: Local, " + Manifests.Port(30089), _everywhere6,
            status: "{ ip: \"2001:db8:113::9\" }");
        cluster.Programmed("-t [2001:db8:113::9]:80", $"[{PodA6}]:8080");
        Assert.Equal(["pod-a", OutsideAddress6], Net.Outside.Tcp("2001:db8:113::9").Split(' ')[..2]);
        Assert.Equal(["pod-a", OutsideAddress6], Net.Outside.Tcp(NodeAddress6, 30089).Split(' ')[..2]);
        cluster.Manifests.Service("np6", "fd00:10:96::2:10", "type: NodePort, " + Manifests.Port(30090), _everywhere6);
        cluster.Programmed($"-t [{NodeAddress6}]:30090", $"[{PodA6}]:8080", $"[{PodC6}]:8080");
        Assert.True(IsFirstNode(Net.Outside.Tcp(NodeAddress6, 30090).Split(' ')[1]));
    }

    [KernelFact]
    public void Health_check_node_port_tells_the_load_balancer_whether_to_come_here()
    {
        string spec = "type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 32001, " + Manifests.Port(30091);
        cluster.Manifests.Service("hc", "10.96.2.11", spec, _everywhere, status: "{ ip: 203.0.113.11 }");
        cluster.Programmed("-t 203.0.113.11:80", $"{PodA}:8080");
        cluster.Running.WaitUntil(() => Http(32001).Contains("\"localEndpoints\": 1", StringComparison.Ordinal), TimeSpan.FromSeconds(10), "200 with one");
        Assert.StartsWith("HTTP/1.1 200", Http(32001), StringComparison.Ordinal);
        cluster.Manifests.Service("hc", "10.96.2.11", spec, [Manifests.Ready(PodC, "node-2")], status: "{ ip: 203.0.113.11 }");
        cluster.Running.WaitUntil(() => Http(32001).StartsWith("HTTP/1.1 503", StringComparison.Ordinal), TimeSpan.FromSeconds(10), "503 with none");
        cluster.Manifests.Delete("hc");
        cluster.Running.WaitUntil(() => Http(32001).Length == 0, TimeSpan.FromSeconds(10), "closed");
    }

    private string Http(int port)
    {
        try
        {
            return Net.Outside.Script($"curl -s -i -m 3 http://{NodeAddress}:{port}/").ReplaceLineEndings("\n");
        }
        catch (InvalidOperationException)
        {
            // curl's exit code: nobody listens.
            return "";
        }
    }
}
