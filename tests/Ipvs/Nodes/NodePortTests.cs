using NetAgent.Contracts;
using static NetAgent.Ipvs.Tests.Sample;

namespace NetAgent.Ipvs.Tests.Nodes;

/// <summary>Which addresses of the node serve node ports, as they come and go.</summary>
public sealed class NodePortTests
{
    private static readonly LinkFacts Others = RecordedNode.Link(3, "cni0", "10.244.1.1/24", "169.254.20.10/32", "fd00:10:244:1::1/64", "fe80::2/64");
    private static readonly Service Dual = NodePort() with { ClusterIPs = [InetAddress.Parse("10.96.10.1"), InetAddress.Parse("fd00:10:96::1")] };

    [Fact]
    public void All_addresses_but_loopback_and_IPv6_link_local_serve() => Assert.Equal(
        ["10.244.1.1", "169.254.20.10", "192.0.2.11", "fd00:10:244:1::1", "fd00:192:2::11"], Serving("{}"));

    [Theory]
    [InlineData("""["192.0.2.0/24"]""", "192.0.2.11", "fd00:10:244:1::1", "fd00:192:2::11")]
    [InlineData("""["192.0.2.0/24", "fd00:192:2::/64"]""", "192.0.2.11", "fd00:192:2::11")]
    [InlineData("""["0.0.0.0/0", "fe80::/10"]""", "10.244.1.1", "169.254.20.10", "192.0.2.11", "fe80::1", "fe80::2")]
    [InlineData("""["primary"]""", "192.0.2.11", "fd00:192:2::11")]
    [InlineData("""["primary", "10.244.0.0/16"]""", "10.244.1.1", "192.0.2.11", "fd00:192:2::11")]
    [InlineData("""["198.18.0.0/15", "2001:db8::/32"]""")]
    [InlineData("""["all"]""", "10.244.1.1", "169.254.20.10", "192.0.2.11", "fd00:10:244:1::1", "fd00:192:2::11")]
    [InlineData("""["127.0.0.0/8", "::1/128"]""")]
    public void NodePortAddresses_choose_among_them(string addresses, params string[] expected) =>
        Assert.Equal(expected, Serving($$"""{"nodePortAddresses": {{addresses}}}"""));

    [Fact]
    public void Primary_follows_bindAddress() => Assert.Equal(
        ["10.244.1.1", "fd00:192:2::11"], Serving("""{"nodePortAddresses": ["primary"], "bindAddress": "10.244.1.1"}"""));

    [Fact]
    public void Primary_of_a_family_that_the_node_lacks_leaves_that_family_unlimited()
    {
        var proxy = new Proxy("""{"nodePortAddresses": ["primary"]}""").Node(RecordedNode.Node with { Addresses = [InetAddress.Parse("192.0.2.11")] });
        Assert.Equal(["192.0.2.11", "fd00:192:2::11"], Addresses(proxy.Put(Dual, ThreePods)));
    }

    [Fact]
    public void A_network_over_the_service_range_does_not_make_service_addresses_node_addresses()
    {
        var vips = RecordedNode.Link(9, "kube-ipvs0", "10.96.10.1/32");
        var proxy = new Proxy("""{"nodePortAddresses": ["10.0.0.0/8"]}""").Observe(RecordedNode.WithLinks(RecordedNode.Eth0, Others, vips));
        Assert.Equal(["10.244.1.1"], Addresses(proxy.Put(NodePort(), ThreePods)));
    }

    [Fact]
    public void Without_any_address_the_port_is_in_no_set()
    {
        var proxy = new Proxy("""{"nodePortAddresses": ["198.18.0.0/15"]}""").Put(NodePort(), ThreePods);
        Assert.Equal(["10.96.10.1:80/TCP"], proxy.Servers);
        Assert.Empty(proxy.Members("KUBE-NODE-PORT-TCP"));
    }

    [Theory]
    [InlineData(IpProtocol.Tcp, "KUBE-NODE-PORT-TCP", "KUBE-NODE-PORT-LOCAL-TCP", "30080")]
    [InlineData(IpProtocol.Udp, "KUBE-NODE-PORT-UDP", "KUBE-NODE-PORT-LOCAL-UDP", "30080")]
    [InlineData(IpProtocol.Sctp, "KUBE-NODE-PORT-SCTP-HASH", "KUBE-NODE-PORT-LOCAL-SCTP-HASH", "192.0.2.11,sctp:30080")]
    public void Each_protocol_has_its_sets(IpProtocol protocol, string all, string local, string member)
    {
        var proxy = new Proxy().Put(NodePort(30080, protocol), ThreePods);
        Assert.Equal([member], proxy.Members(all));
        Assert.Empty(proxy.Members(local));
        proxy.Put(NodePort(30080, protocol) with { ExternalTrafficPolicyLocal = true }, ThreePods);
        Assert.Equal([member], proxy.Members(all));
        Assert.Equal([member], proxy.Members(local));
    }

    [Fact]
    public void A_changed_node_port_leaves_nothing_of_the_old_one()
    {
        var proxy = new Proxy().Put(NodePort(30080), ThreePods).Put(NodePort(30081), ThreePods);
        Assert.Equal(["10.96.10.1:80/TCP", "192.0.2.11:30081/TCP"], proxy.Servers);
        Assert.Equal(["30081"], proxy.Members("KUBE-NODE-PORT-TCP"));
    }

    [Fact]
    public void A_new_address_serves_at_once_and_only_node_port_Services_are_touched()
    {
        var proxy = new Proxy().Put(NodePort(), ThreePods).Put(Service("other", "10.96.10.2"), ThreePods);
        proxy.Observe(RecordedNode.WithLinks(RecordedNode.Loopback, RecordedNode.Eth0, Others));
        Assert.Equal(["10.244.1.1", "169.254.20.10", "192.0.2.11"], Addresses(proxy));
        Assert.Equal(["replace default/web:/TCP/IPv4"], proxy.Slice.Calls);
        proxy.Observe(RecordedNode.Facts);
        Assert.Equal(["192.0.2.11"], Addresses(proxy));
    }

    [Fact]
    public void Addresses_on_our_own_link_change_nothing()
    {
        var proxy = new Proxy().Put(NodePort(), ThreePods);
        proxy.Observe(RecordedNode.WithLinks(RecordedNode.Loopback, RecordedNode.Eth0, RecordedNode.Link(9, "kube-ipvs0", "10.96.10.1/32")));
        Assert.Empty(proxy.Slice.Calls);
    }

    [Fact]
    public void Interfaces_that_cannot_be_read_are_not_taken_for_none()
    {
        var proxy = new Proxy().Observe(RecordedNode.WithLinks(RecordedNode.Eth0, Others)).Put(NodePort(), ThreePods);
        proxy.Observe(RecordedNode.Facts with { Links = null });
        proxy.Put(NodePort(), ThreePods);
        Assert.Equal(["10.244.1.1", "169.254.20.10", "192.0.2.11"], Addresses(proxy));
    }

    [Fact]
    public void What_was_read_of_the_interfaces_outlives_a_change_of_configuration()
    {
        var proxy = new Proxy().Observe(RecordedNode.WithLinks(RecordedNode.Eth0, Others)).Put(NodePort(), ThreePods);
        proxy.Observe(RecordedNode.Facts with { Links = null }).Configure("""{"nodePortAddresses": ["10.244.0.0/16", "169.254.0.0/16"]}""");
        Assert.Equal(["10.244.1.1", "169.254.20.10"], Addresses(proxy));
    }

    [Fact]
    public void Before_the_first_reading_the_Nodes_own_addresses_serve_and_somebody_is_told()
    {
        var proxy = new Proxy().Observe(RecordedNode.Facts with { Links = null }).Put(NodePort(), ThreePods);
        Assert.Equal(["192.0.2.11"], Addresses(proxy));
        Assert.Equal("InterfacesUnreadable", Assert.Single(proxy.Slice.Notices).Reason);
        proxy.Observe(RecordedNode.Facts);
        Assert.Empty(proxy.Slice.Notices);
    }

    [Fact]
    public void An_address_that_moves_to_another_interface_is_unbound_from_ours()
    {
        var service = Service() with { ExternalIPs = [InetAddress.Parse("198.51.100.7")] };
        var proxy = new Proxy().Put(service, ThreePods);
        Assert.Contains("198.51.100.7", proxy.Bound);
        proxy.Observe(RecordedNode.WithLinks(RecordedNode.Eth0, RecordedNode.Link(4, "bond0", "198.51.100.7/24")));
        Assert.DoesNotContain("198.51.100.7", proxy.Bound);
        Assert.Contains("198.51.100.7:80/TCP", proxy.Servers);
    }

    private static IEnumerable<string> Serving(string configuration) => Addresses(
        new Proxy(configuration).Observe(RecordedNode.WithLinks(RecordedNode.Loopback, RecordedNode.Eth0, Others)).Put(Dual, ThreePods));

    private static IEnumerable<string> Addresses(Proxy proxy) => proxy.Slice.VirtualServers.Rows.Where(row => row.Key.Port == 30080)
        .Select(row => row.Key.Address.ToString()).Order(StringComparer.Ordinal);
}
