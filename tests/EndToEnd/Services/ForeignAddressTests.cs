using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;
using static NetAgent.EndToEnd.Tests.Network.ClusterNetwork;

namespace NetAgent.EndToEnd.Tests.Services;

/// <summary>A Service whose external address is another Node's, or the gateway's.</summary>
public sealed class ForeignAddressTests : IDisposable
{
    private readonly ClusterNetwork? _network = new KernelFactAttribute().Skip is null ? new ClusterNetwork() : null;
    private NodeAgent? _agent;

    private ClusterNetwork Net => _network!;

    public void Dispose()
    {
        _agent?.Dispose();
        _network?.Dispose();
    }

    [KernelFact]
    public void Another_Nodes_address_is_said_with_Service_and_Node_and_left_out_on_request()
    {
        var other = Net.Node2.Script("ip -4 -o addr show scope global | awk '{print $4}' | cut -d/ -f1").Split('\n').First(address => address.StartsWith("192.0.2.", StringComparison.Ordinal));
        _agent = new NodeAgent(Net, "- name: ipvs\n  config: { clusterCIDR: \"10.244.0.0/16\", excludeForeignAddresses: true }");
        _agent.Manifests.Write("node-2", $"{{apiVersion: v1, kind: Node, metadata: {{name: node-2}}, status: {{addresses: [{{type: InternalIP, address: {other}}}]}} }}");
        _agent.Manifests.Service("web", "10.96.9.1", Manifests.Port() + $", externalIPs: [{other}, 203.0.113.77]", [Manifests.Ready(PodA)]);
        _agent.Start();
        _agent.Eventually(() => _agent.Running.Log.Contains("ForeignAddress", StringComparison.Ordinal), "a notice");
        _agent.Eventually(() => Net.Node1.Script("ipvsadm -Sn").Contains("203.0.113.77:80", StringComparison.Ordinal), "the other address");

        Assert.Contains($"spec.externalIPs holds {other}, which is taken: Node node-2", _agent.Running.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(other, Net.Node1.Script("ip addr show dev kube-ipvs0; ipvsadm -Sn; ipset save"), StringComparison.Ordinal);
        Net.Node1.Script($"ping -c 1 -W 5 {other}");
    }
}
