using NetAgent.Contracts;
using static NetAgent.Ipvs.Tests.Sample;

namespace NetAgent.Ipvs.Tests.Endpoints;

/// <summary>Topology hints are obeyed when they are complete and lead somewhere.</summary>
public sealed class TopologyHintsTests
{
    private const string Cluster = "10.96.10.1:80/TCP";

    [Fact]
    public void Zone_hints_keep_traffic_in_the_zone()
    {
        var proxy = new Proxy().Put(Service(), Endpoint("10.244.2.11").ForZone("zone-b"), Endpoint("10.244.3.12").ForZone("zone-a", "zone-c"));
        Assert.Equal(["10.244.3.12"], proxy.Backends(Cluster));
    }

    [Fact]
    public void One_ready_endpoint_without_hint_voids_the_hints()
    {
        var proxy = new Proxy().Put(Service(), Endpoint("10.244.2.11"), Endpoint("10.244.3.12").ForZone("zone-a"));
        Assert.Equal(["10.244.2.11", "10.244.3.12"], proxy.Backends(Cluster));
    }

    [Fact]
    public void An_endpoint_that_is_not_ready_needs_no_hint()
    {
        var proxy = new Proxy().Put(Service(), Endpoint("10.244.2.11").NotReady(), Endpoint("10.244.2.12").ForZone("zone-b"), Endpoint("10.244.3.12").ForZone("zone-a"));
        Assert.Equal(["10.244.3.12"], proxy.Backends(Cluster));
    }

    [Fact]
    public void Hints_that_name_other_zones_only_are_void()
    {
        var proxy = new Proxy().Put(Service(), Endpoint("10.244.2.11").ForZone("zone-b"), Endpoint("10.244.3.12").ForZone("zone-c"));
        Assert.Equal(["10.244.2.11", "10.244.3.12"], proxy.Backends(Cluster));
    }

    [Fact]
    public void Node_hints_come_before_zone_hints()
    {
        var proxy = new Proxy().Put(Service(),
            Endpoint("10.244.2.11").ForZone("zone-a").ForNode("node-2"), Endpoint("10.244.1.10").ForZone("zone-a").ForNode(RecordedNode.Name));
        Assert.Equal(["10.244.1.10"], proxy.Backends(Cluster));
    }

    [Fact]
    public void Incomplete_node_hints_leave_the_zone_hints_in_force()
    {
        var proxy = new Proxy().Put(Service(),
            Endpoint("10.244.2.11").ForZone("zone-b"), Endpoint("10.244.1.10").ForZone("zone-a").ForNode(RecordedNode.Name), Endpoint("10.244.1.11").ForZone("zone-a"));
        Assert.Equal(["10.244.1.10", "10.244.1.11"], proxy.Backends(Cluster));
    }

    [Fact]
    public void A_node_without_zone_ignores_zone_hints()
    {
        var proxy = new Proxy().Node(RecordedNode.Node with { Labels = default })
            .Put(Service(), Endpoint("10.244.2.11").ForZone("zone-b"), Endpoint("10.244.3.12").ForZone("zone-a"));
        Assert.Equal(["10.244.2.11", "10.244.3.12"], proxy.Backends(Cluster));
    }

    [Fact]
    public void Hints_do_not_limit_the_local_list()
    {
        var proxy = new Proxy().Put(NodePort() with { ExternalTrafficPolicyLocal = true },
            Local().ForZone("zone-b"), Endpoint("10.244.2.11").ForZone("zone-a"));
        Assert.Equal(["10.244.1.10"], proxy.Backends("192.0.2.11:30080/TCP"));
        Assert.Equal(["10.244.2.11"], proxy.Backends(Cluster));
    }

    [Fact]
    public void A_node_that_moves_to_another_zone_is_served_anew()
    {
        var proxy = new Proxy().Put(Service(), Endpoint("10.244.2.11").ForZone("zone-b"), Endpoint("10.244.3.12").ForZone("zone-a"));
        proxy.Node(RecordedNode.Node with { Labels = [new Label("topology.kubernetes.io/zone", "zone-b")] });
        Assert.Equal(["10.244.2.11"], proxy.Backends(Cluster));
    }
}
