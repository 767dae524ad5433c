using NetAgent.Contracts;
using static NetAgent.Ipvs.Tests.Sample;

namespace NetAgent.Ipvs.Tests.Services;

/// <summary>loadBalancerSourceRanges.</summary>
public sealed class SourceRangeTests
{
    [Fact]
    public void Ranges_without_the_node_close_the_address_to_the_node_too()
    {
        var proxy = With(" 198.51.100.0/24", "203.0.113.128/25 ");
        Assert.Equal(["203.0.113.10,tcp:80"], proxy.Members("KUBE-LOAD-BALANCER-FW"));
        Assert.Equal(["203.0.113.10,tcp:80,198.51.100.0/24", "203.0.113.10,tcp:80,203.0.113.128/25"], proxy.Members("KUBE-LOAD-BALANCER-SOURCE-CIDR"));
        Assert.Empty(proxy.Members("KUBE-LOAD-BALANCER-SOURCE-IP"));
        Assert.Equal(["-s 203.0.113.10/32 -m ipvs --vproto 6 --vaddr 203.0.113.10 --vport 80 -j DROP"], proxy.Rules("filter", "KUBE-IPVS-OUT-FILTER"));
    }

    [Fact]
    public void A_range_with_the_node_in_it_admits_the_node()
    {
        var proxy = With("192.0.2.0/24");
        Assert.Equal(["203.0.113.10,tcp:80,203.0.113.10"], proxy.Members("KUBE-LOAD-BALANCER-SOURCE-IP"));
        Assert.Empty(proxy.Rules("filter", "KUBE-IPVS-OUT-FILTER"));
        Assert.Contains(proxy.Rules("filter", "KUBE-SOURCE-RANGES-FIREWALL"), rule => rule.Contains("KUBE-LOAD-BALANCER-SOURCE-IP dst,dst,src -j RETURN"));
    }

    [Fact]
    public void The_bind_address_stands_for_the_node()
    {
        var proxy = new Proxy("""{"bindAddress": "198.51.100.200"}""")
            .Put(LoadBalancer("203.0.113.10") with { LoadBalancerSourceRanges = ["198.51.100.0/24"] }, ThreePods);
        Assert.Single(proxy.Members("KUBE-LOAD-BALANCER-SOURCE-IP"));
    }

    [Theory]
    [InlineData("0.0.0.0/0", "203.0.113.10", "KUBE-LOAD-BALANCER-SOURCE-CIDR", "0.0.0.0/1", "128.0.0.0/1")]
    [InlineData("::/0", "2001:db8::10", "KUBE-6-LOAD-BALANCER-SOURCE-CID", "8000::/1", "::/1")]
    public void Everybody_is_two_halves_since_a_set_cannot_hold_all(string range, string address, string set, string first, string second)
    {
        var service = LoadBalancer(address) with { ClusterIPs = [InetAddress.Parse("10.96.10.1"), InetAddress.Parse("fd00::1")], LoadBalancerSourceRanges = [range] };
        var proxy = new Proxy().Put(service, ThreePods);
        Assert.Equal([$"{address},tcp:80,{first}", $"{address},tcp:80,{second}"], proxy.Members(set));
        Assert.Empty(proxy.Slice.Notices);
    }

    [Fact]
    public void Ranges_of_the_other_family_do_not_restrict_this_one()
    {
        var proxy = With("2001:db8::/32");
        Assert.Empty(proxy.Members("KUBE-LOAD-BALANCER-FW"));
        Assert.Empty(proxy.Rules("filter", "KUBE-IPVS-OUT-FILTER"));
    }

    [Theory]
    [InlineData("203.0.113.10", "2001:db8::/32", "holds no IPv4 network, so every IPv4 client is admitted to 203.0.113.10, as by kube-proxy")]
    [InlineData("2001:db8::10", "198.51.100.0/24", "holds no IPv6 network, so every IPv6 client is admitted to 2001:db8::10, as by kube-proxy")]
    public void Ranges_of_the_other_family_only_are_said_on_the_Service(string address, string range, string said)
    {
        var service = LoadBalancer(address) with { ClusterIPs = [InetAddress.Parse("10.96.10.1"), InetAddress.Parse("fd00::1")], LoadBalancerSourceRanges = [range] };
        var notice = Assert.Single(new Proxy().Put(service, ThreePods).Slice.Notices);
        Assert.Equal((Severity.Warning, "SourceRangesOfOtherFamily", service.Name), (notice.Severity, notice.Reason, notice.Service));
        Assert.Contains(said, notice.Message);
    }

    [Fact]
    public void Host_bits_are_cleared_and_repeats_fall_together() =>
        Assert.Equal(["203.0.113.10,tcp:80,198.51.100.0/24"], With("198.51.100.7/24", "198.51.100.0/24").Members("KUBE-LOAD-BALANCER-SOURCE-CIDR"));

    [Fact]
    public void A_bad_range_is_named_and_the_others_hold()
    {
        var proxy = With("198.51.100.0/24", "10.0.0.0/33");
        Assert.Equal(["203.0.113.10,tcp:80,198.51.100.0/24"], proxy.Members("KUBE-LOAD-BALANCER-SOURCE-CIDR"));
        var notice = Assert.Single(proxy.Slice.Notices);
        Assert.Contains("10.0.0.0/33", notice.Message);
        Assert.Equal(new NamespacedName("default", "web"), notice.Service);
    }

    [Fact]
    public void A_slip_of_the_pen_does_not_open_a_Service_to_everybody()
    {
        var proxy = With("10.0.0.0");
        Assert.Single(proxy.Members("KUBE-LOAD-BALANCER-FW"));
        Assert.Empty(proxy.Members("KUBE-LOAD-BALANCER-SOURCE-CIDR"));
    }

    [Fact]
    public void The_out_filter_is_in_order_and_loses_only_what_goes()
    {
        Service Of(string name, string clusterIP, string address) => LoadBalancer(address) with
        {
            Name = new("default", name),
            ClusterIPs = [InetAddress.Parse(clusterIP)],
            LoadBalancerSourceRanges = ["198.51.100.0/24"],
        };
        var proxy = new Proxy().Put(Of("c", "10.96.0.3", "203.0.113.30")).Put(Of("a", "10.96.0.1", "203.0.113.10")).Put(Of("b", "10.96.0.2", "203.0.113.10"));
        Assert.Equal(["203.0.113.10", "203.0.113.30"], proxy.Rules("filter", "KUBE-IPVS-OUT-FILTER").Select(rule => rule.Split(' ')[7]));
        proxy.Delete("a");
        Assert.Equal(2, proxy.Rules("filter", "KUBE-IPVS-OUT-FILTER").Count);
        proxy.Delete("b");
        Assert.Single(proxy.Rules("filter", "KUBE-IPVS-OUT-FILTER"));
    }

    private static Proxy With(params string[] ranges) =>
        new Proxy().Put(LoadBalancer("203.0.113.10") with { LoadBalancerSourceRanges = ranges.ToEquatableArray() }, ThreePods);
}
