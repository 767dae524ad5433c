using NetAgent.Contracts;
using static NetAgent.Ipvs.Tests.Sample;

namespace NetAgent.Ipvs.Tests.Chains;

/// <summary>Rule text that the recordings do not show.</summary>
public sealed class ChainTextTests
{
    private const string Comment = "-m comment --comment \"Kubernetes service cluster ip + port for masquerade purpose\"";
    private static readonly Service Dual = Service() with { ClusterIPs = [InetAddress.Parse("10.96.10.1"), InetAddress.Parse("fd00:10:96::1")] };

    public static TheoryData<string, string, string> LocalTraffic => new()
    {
        { """{}""", $"{Comment} -m set --match-set KUBE-CLUSTER-IP src,dst", $"{Comment} -m set --match-set KUBE-6-CLUSTER-IP src,dst" },
        {
            """{"clusterCIDR": "10.244.0.0/16"}""",
            $"! -s 10.244.0.0/16 {Comment} -m set --match-set KUBE-CLUSTER-IP dst,dst", $"{Comment} -m set --match-set KUBE-6-CLUSTER-IP src,dst"
        },
        {
            """{"clusterCIDR": "fd00:10:244::/56,10.244.0.0/16", "detectLocalMode": "ClusterCIDR"}""",
            $"! -s 10.244.0.0/16 {Comment} -m set --match-set KUBE-CLUSTER-IP dst,dst", $"! -s fd00:10:244::/56 {Comment} -m set --match-set KUBE-6-CLUSTER-IP dst,dst"
        },
        {
            """{"clusterCIDR": "10.0.0.0/8", "detectLocalMode": "NodeCIDR"}""",
            $"! -s 10.244.1.0/24 {Comment} -m set --match-set KUBE-CLUSTER-IP dst,dst", $"! -s fd00:10:244:1::/64 {Comment} -m set --match-set KUBE-6-CLUSTER-IP dst,dst"
        },
        {
            """{"detectLocalMode": "BridgeInterface", "detectLocal": {"bridgeInterface": "cni0", "interfaceNamePrefix": "veth"}}""",
            $"! -i cni0 {Comment} -m set --match-set KUBE-CLUSTER-IP dst,dst", $"! -i cni0 {Comment} -m set --match-set KUBE-6-CLUSTER-IP dst,dst"
        },
        {
            """{"detectLocalMode": "InterfaceNamePrefix", "detectLocal": {"interfaceNamePrefix": "veth"}}""",
            $"! -i veth+ {Comment} -m set --match-set KUBE-CLUSTER-IP dst,dst", $"! -i veth+ {Comment} -m set --match-set KUBE-6-CLUSTER-IP dst,dst"
        },
        {
            """{"clusterCIDR": "10.244.0.0/16", "iptables": {"masqueradeAll": true}}""",
            $"{Comment} -m set --match-set KUBE-CLUSTER-IP dst,dst", $"{Comment} -m set --match-set KUBE-6-CLUSTER-IP dst,dst"
        },
    };

    [Theory]
    [MemberData(nameof(LocalTraffic))]
    public void The_cluster_IP_rule_follows_how_local_traffic_is_told(string configuration, string ipv4, string ipv6)
    {
        var proxy = new Proxy(configuration).Put(Dual, ThreePods);
        Assert.Contains($"{ipv4} -j KUBE-MARK-MASQ", proxy.Rules("nat", "KUBE-SERVICES"));
        Assert.Contains($"{ipv6} -j KUBE-MARK-MASQ", proxy.Rules("nat", "KUBE-SERVICES", IpFamily.IPv6));
    }

    [Theory]
    [InlineData(0, "0x1")]
    [InlineData(14, "0x4000")]
    [InlineData(15, "0x8000")]
    [InlineData(31, "0x80000000")]
    public void The_mark_is_the_configured_bit(int bit, string mark)
    {
        var proxy = new Proxy($$$"""{"iptables": {"masqueradeBit": {{{bit}}}}}""").Put(Service(), ThreePods);
        Assert.Equal([$"-j MARK --set-xmark {mark}/{mark}"], proxy.Rules("nat", "KUBE-MARK-MASQ"));
        Assert.Contains($"-m mark ! --mark {mark}/{mark} -j RETURN", proxy.Rules("nat", "KUBE-POSTROUTING"));
        Assert.Contains($"-j MARK --set-xmark {mark}/0x0", proxy.Rules("nat", "KUBE-POSTROUTING"));
        Assert.Contains($"-m comment --comment \"kubernetes forwarding rules\" -m mark --mark {mark}/{mark} -j ACCEPT", proxy.Rules("filter", "KUBE-FORWARD"));
    }

    [Fact]
    public void New_pod_networks_of_the_Node_are_followed()
    {
        var proxy = new Proxy("""{"detectLocalMode": "NodeCIDR"}""").Put(Service(), ThreePods);
        proxy.Node(RecordedNode.Node with { PodCIDRs = [InetPrefix.Parse("10.99.0.0/24")] });
        Assert.Contains(proxy.Rules("nat", "KUBE-SERVICES"), rule => rule.StartsWith("! -s 10.99.0.0/24 ", StringComparison.Ordinal));
        Assert.Equal(["replace node/IPv4", "replace node/IPv6", "replace node"], proxy.Slice.Calls);
    }

    [Fact]
    public void A_Node_without_pod_networks_is_told_of()
    {
        var proxy = new Proxy("""{"detectLocalMode": "NodeCIDR"}""").Put(Service(), ThreePods);
        Assert.Empty(proxy.Slice.Notices);
        proxy.Node(RecordedNode.Node with { PodCIDRs = [] });
        Assert.Equal("NoPodCIDR", Assert.Single(proxy.Slice.Notices).Reason);
    }

    [Fact]
    public void With_nothing_to_serve_the_chains_stand_ready()
    {
        var proxy = new Proxy("""{"clusterCIDR": "10.244.0.0/16"}""").Tell(ClusterChange.All);
        Assert.Equal(["-s 127.0.0.0/8 -j RETURN", "-m addrtype --dst-type LOCAL -j KUBE-NODE-PORT"], proxy.Rules("nat", "KUBE-SERVICES"));
        Assert.Equal(["-j KUBE-MARK-MASQ"], proxy.Rules("nat", "KUBE-LOAD-BALANCER"));
        Assert.Empty(proxy.Rules("nat", "KUBE-NODE-PORT"));
        Assert.Empty(proxy.Rules("filter", "KUBE-PROXY-FIREWALL"));
        Assert.Equal(["-j DROP"], proxy.Rules("filter", "KUBE-SOURCE-RANGES-FIREWALL"));
        Assert.Equal(22, proxy.Slice.Chains.Rows.Count);
        Assert.Equal(18, proxy.Slice.Jumps.Rows.Count);
        Assert.Equal(34, proxy.Slice.IpSets.Rows.Count);
    }

    [Fact]
    public void Rules_of_a_set_come_with_its_first_member_and_go_with_its_last()
    {
        var proxy = new Proxy().Put(Service(), ThreePods);
        Assert.DoesNotContain(proxy.Rules("nat", "KUBE-NODE-PORT"), rule => rule.Contains("KUBE-NODE-PORT-TCP"));
        proxy.Put(NodePort(), ThreePods);
        Assert.Contains(proxy.Rules("nat", "KUBE-NODE-PORT"), rule => rule.Contains("KUBE-NODE-PORT-TCP"));
        proxy.Delete("web");
        Assert.Empty(proxy.Rules("nat", "KUBE-NODE-PORT"));
    }

    [Fact]
    public void Set_names_fit_the_kernel() =>
        Assert.All(new Proxy().Tell(ClusterChange.All).Slice.IpSets.Rows, row => Assert.InRange(row.Name.Length, 1, 31));
}
