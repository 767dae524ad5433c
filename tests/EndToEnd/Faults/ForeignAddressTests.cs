using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Faults;

/// <summary>A Service's external address that another host has: who takes it for his own no longer reaches that host.</summary>
public sealed class ForeignAddressTests
{
    private const string OtherNode = "192.0.2.12", Gateway = ClusterNetwork.OutsideAddress;
    private const int Kubelet = 10250;

    [KernelFact]
    public void The_Node_and_the_gateway_that_would_be_lost_are_named_and_the_option_keeps_them_in_reach()
    {
        using var network = new ClusterNetwork();
        using var agent = new NodeAgent(network, "- {name: ipvs, config: {clusterCIDR: 10.244.0.0/16}}");
        network.Node1.Ip($"route add default via {Gateway}");
        network.Node2.Serve(Kubelet);
        agent.Manifests.Write("node-2", $$"""
            apiVersion: v1
            kind: Node
            metadata: { name: node-2 }
            status: { addresses: [{ type: InternalIP, address: {{OtherNode}} }] }
            """);
        agent.Manifests.Service("web", "10.96.7.1", Manifests.Port() + $", externalIPs: [{OtherNode}, 203.0.113.5]", [Manifests.Ready(ClusterNetwork.PodA)]);
        agent.Manifests.Service("lb", "10.96.7.2", Manifests.Port() + ", type: LoadBalancer", [Manifests.Ready(ClusterNetwork.PodB)], status: $"{{ ip: {Gateway} }}");
        Assert.Contains("dev eth0", Way(OtherNode), StringComparison.Ordinal);
        Assert.StartsWith("node-2 ", network.Node1.Tcp(OtherNode, Kubelet), StringComparison.Ordinal);

        var said = Once();
        Assert.Contains($"Service default/web: spec.externalIPs holds {OtherNode}, which is taken: Node node-2. Node node-1 takes it for its own and no longer reaches", said, StringComparison.Ordinal);
        Assert.Contains($"Service default/lb: status.loadBalancer.ingress holds {Gateway}, which is taken: the default gateway.", said, StringComparison.Ordinal);
        Assert.StartsWith($"local {OtherNode} ", Way(OtherNode), StringComparison.Ordinal);
        Assert.DoesNotContain("node-2", network.Node1.Tcp(OtherNode, Kubelet), StringComparison.Ordinal);

        agent.Configure("- {name: ipvs, config: {clusterCIDR: 10.244.0.0/16, excludeForeignAddresses: true}}");
        Assert.Contains("It is left out (excludeForeignAddresses)", Once(), StringComparison.Ordinal);
        Assert.Contains("dev eth0", Way(OtherNode), StringComparison.Ordinal);
        Assert.Contains("dev eth0", Way(Gateway), StringComparison.Ordinal);
        Assert.StartsWith("node-2 ", network.Node1.Tcp(OtherNode, Kubelet), StringComparison.Ordinal);
        Assert.StartsWith("pod-a ", network.Outside.Tcp("203.0.113.5"), StringComparison.Ordinal);

        string Way(string address) => network.Node1.Script($"ip route get {address}");

        string Once()
        {
            var (code, output, error) = network.Node1.Do(() => Agent.Run(
                "run", "--once", "--within", "5m", "--config", agent.Configuration, "--manifests", agent.Manifests.Folder, "--node-name", "node-1"));
            return code == 0 ? output + error : throw new InvalidOperationException($"exit {code}\n{output}{error}");
        }
    }
}
