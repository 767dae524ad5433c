using NetAgent.Contracts;
using static NetAgent.Ipvs.Tests.Sample;

namespace NetAgent.Ipvs.Tests.Services;

/// <summary>What each kind of Service comes to.</summary>
public sealed class FrontendTests
{
    private const string Cluster = "10.96.10.1:80/TCP";

    [Fact]
    public void A_cluster_IP_gets_a_virtual_server_an_address_and_its_set_entries()
    {
        var proxy = new Proxy().Put(Service(), ThreePods);
        Assert.Equal([Cluster], proxy.Servers);
        Assert.Equal(["10.96.10.1"], proxy.Bound);
        Assert.Equal(["10.96.10.1,tcp:80"], proxy.Members("KUBE-CLUSTER-IP"));
        Assert.Equal(["10.96.10.1"], proxy.Members("KUBE-IPVS-IPS"));
        Assert.Equal(["10.244.1.10,tcp:8080,10.244.1.10"], proxy.Members("KUBE-LOOP-BACK"));
    }

    public static TheoryData<string> Unserved => ["headless", "external name", "other proxy", "other proxy without name", "no cluster IP"];

    [Theory]
    [MemberData(nameof(Unserved))]
    public void Some_Services_are_not_ours(string kind)
    {
        var service = kind switch
        {
            "headless" => Service() with { IsHeadless = true, ClusterIPs = default },
            "external name" => Service() with { Type = ServiceType.ExternalName },
            "other proxy" => Service() with { ProxyName = "cilium" },
            "other proxy without name" => Service() with { ProxyName = "" },
            _ => Service() with { ClusterIPs = default },
        };
        var proxy = new Proxy().Put(Service(), ThreePods).Put(service, ThreePods);
        Assert.Empty(proxy.Servers);
        Assert.Empty(proxy.Bound);
        Assert.Empty(proxy.Slice.IpSetEntries.Rows);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.5")]
    [InlineData("255.255.255.255")]
    public void Addresses_that_no_Service_can_have_are_named_and_left_out(string address)
    {
        var wrong = InetAddress.Parse(address);
        var asClusterIP = new Proxy().Put(Service() with { ClusterIPs = [wrong] }, ThreePods);
        Assert.Empty(asClusterIP.Servers);
        Assert.Empty(asClusterIP.Bound);
        Assert.Contains(asClusterIP.Slice.Notices, notice => notice.Reason == "UnusableAddress" && notice.Message.Contains(address, StringComparison.Ordinal));

        var beside = new Proxy().Put(Service() with { ExternalIPs = [wrong] }, ThreePods);
        Assert.Equal([Cluster], beside.Servers);
        Assert.Equal(["10.96.10.1"], beside.Bound);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.96.10.1")]
    public void Endpoints_that_no_pod_can_have_are_named_and_left_out(string address)
    {
        var proxy = new Proxy().Put(Service(), Local("10.244.1.10"), Endpoint(address));
        Assert.Equal(["10.244.1.10"], proxy.Backends(Cluster));
        Assert.Contains(proxy.Slice.Notices, notice => notice.Reason == "UnusableEndpoint" && notice.Message.Contains(address, StringComparison.Ordinal));
    }

    [Fact]
    public void A_dual_stack_Service_is_served_in_each_family_by_that_familys_pods()
    {
        var service = Service() with { ClusterIPs = [InetAddress.Parse("fd00:10:96::a01"), InetAddress.Parse("10.96.10.1")] };
        var proxy = new Proxy().Put(service, Slice("web-a", ThreePods), Slice("web-b", Endpoint("fd00:10:244:2::11"), Local("fd00:10:244:1::10")));
        Assert.Equal([Cluster, "[fd00:10:96::a01]:80/TCP"], proxy.Servers);
        Assert.Equal(["fd00:10:244:1::10", "fd00:10:244:2::11"], proxy.Backends("[fd00:10:96::a01]:80/TCP"));
        Assert.Equal(["fd00:10:96::a01,tcp:80"], proxy.Members("KUBE-6-CLUSTER-IP"));
        Assert.Equal(["fd00:10:244:1::10,tcp:8080,fd00:10:244:1::10"], proxy.Members("KUBE-6-LOOP-BACK"));
    }

    [Fact]
    public void An_IPv6_only_Service_touches_nothing_of_IPv4()
    {
        var service = NodePort() with { ClusterIPs = [InetAddress.Parse("fd00:10:96::a01")] };
        var proxy = new Proxy().Put(service, Endpoint("fd00:10:244:2::11"));
        Assert.Equal(["[fd00:10:96::a01]:80/TCP", "[fd00:192:2::11]:30080/TCP"], proxy.Servers);
        Assert.Empty(proxy.Members("KUBE-NODE-PORT-TCP"));
        Assert.Equal(["30080"], proxy.Members("KUBE-6-NODE-PORT-TCP"));
    }

    [Fact]
    public void External_IPs_are_bound_and_marked_under_the_cluster_policy()
    {
        var proxy = new Proxy().Put(Service() with { ExternalIPs = [InetAddress.Parse("198.51.100.7"), InetAddress.Parse("2001:db8::7")] }, ThreePods);
        Assert.Equal([Cluster, "198.51.100.7:80/TCP"], proxy.Servers);
        Assert.Equal(["10.96.10.1", "198.51.100.7"], proxy.Bound);
        Assert.Equal(["198.51.100.7,tcp:80"], proxy.Members("KUBE-EXTERNAL-IP"));
        Assert.Empty(proxy.Members("KUBE-EXTERNAL-IP-LOCAL"));
    }

    [Fact]
    public void External_IPs_under_the_local_policy_go_to_the_other_set_and_to_local_pods()
    {
        var service = Service() with { ExternalIPs = [InetAddress.Parse("198.51.100.7")], ExternalTrafficPolicyLocal = true };
        var proxy = new Proxy().Put(service, ThreePods);
        Assert.Equal(["198.51.100.7,tcp:80"], proxy.Members("KUBE-EXTERNAL-IP-LOCAL"));
        Assert.Empty(proxy.Members("KUBE-EXTERNAL-IP"));
        Assert.Equal(["10.244.1.10"], proxy.Backends("198.51.100.7:80/TCP"));
    }

    [Fact]
    public void An_address_that_another_interface_has_is_served_but_not_bound()
    {
        var proxy = new Proxy().Put(Service() with { ExternalIPs = [InetAddress.Parse("192.0.2.11")] }, ThreePods);
        Assert.Equal([Cluster, "192.0.2.11:80/TCP"], proxy.Servers);
        Assert.Equal(["10.96.10.1"], proxy.Bound);
        Assert.Equal(["10.96.10.1"], proxy.Members("KUBE-IPVS-IPS"));
        Assert.Equal(["192.0.2.11,tcp:80"], proxy.Members("KUBE-EXTERNAL-IP"));
    }

    [Fact]
    public void A_load_balancer_address_is_bound_unless_its_mode_is_proxy()
    {
        var service = Service() with
        {
            Type = ServiceType.LoadBalancer,
            LoadBalancerIngress = [new(InetAddress.Parse("203.0.113.10"), false), new(InetAddress.Parse("203.0.113.11"), true)],
        };
        var proxy = new Proxy().Put(service, ThreePods);
        Assert.Equal([Cluster, "203.0.113.10:80/TCP"], proxy.Servers);
        Assert.Equal(["10.96.10.1", "203.0.113.10"], proxy.Bound);
        Assert.Equal(["203.0.113.10,tcp:80"], proxy.Members("KUBE-LOAD-BALANCER"));
        Assert.Empty(proxy.Members("KUBE-LOAD-BALANCER-LOCAL"));
    }

    [Fact]
    public void A_load_balancer_address_under_the_local_policy_is_in_both_sets()
    {
        var proxy = new Proxy().Put(LoadBalancer("203.0.113.10") with { ExternalTrafficPolicyLocal = true }, ThreePods);
        Assert.Equal(["203.0.113.10,tcp:80"], proxy.Members("KUBE-LOAD-BALANCER"));
        Assert.Equal(["203.0.113.10,tcp:80"], proxy.Members("KUBE-LOAD-BALANCER-LOCAL"));
        Assert.Equal(["10.244.1.10"], proxy.Backends("203.0.113.10:80/TCP"));
        Assert.Equal(3, proxy.Backends(Cluster).Count());
    }

    [Fact]
    public void Affinity_makes_every_virtual_server_of_the_Service_persistent()
    {
        var proxy = new Proxy().Put(NodePort() with { SessionAffinitySeconds = 600 }, ThreePods);
        Assert.Equal(2, proxy.Slice.VirtualServers.Rows.Count);
        Assert.All(proxy.Slice.VirtualServers.Rows, row =>
        {
            Assert.Equal(600u, row.PersistenceTimeoutSeconds);
            Assert.Equal(VirtualServerFlags.Persistent, row.Flags);
        });
    }

    [Fact]
    public void An_address_named_twice_in_one_Service_is_one_virtual_server()
    {
        var service = LoadBalancer("203.0.113.10") with { ExternalIPs = [InetAddress.Parse("203.0.113.10")] };
        var proxy = new Proxy().Put(service, ThreePods);
        Assert.Equal([Cluster, "203.0.113.10:80/TCP"], proxy.Servers);
        Assert.Empty(proxy.Slice.VirtualServers.Conflicts);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    public void An_address_that_no_Service_can_have_is_named_and_left_out(string address)
    {
        var proxy = new Proxy().Put(Service() with { ExternalIPs = [InetAddress.Parse(address), InetAddress.Parse("198.51.100.7")] }, ThreePods);
        Assert.Equal([Cluster, "198.51.100.7:80/TCP"], proxy.Servers);
        Assert.Contains(proxy.Slice.Notices, notice => notice.Severity == Severity.Error && notice.Message.Contains(address));
    }

    [Fact]
    public void A_port_that_cannot_be_is_named_and_the_others_go_in()
    {
        var service = Service() with { Ports = [new("a", IpProtocol.Tcp, 0), new("b", IpProtocol.Tcp, 81), new("b", IpProtocol.Tcp, 82), new("b", IpProtocol.Udp, 83)] };
        var proxy = new Proxy().Put(service);
        Assert.Equal(["10.96.10.1:81/TCP", "10.96.10.1:83/UDP"], proxy.Servers);
        Assert.Equal(2, proxy.Slice.Notices.Count(notice => notice.Reason == "InvalidPort"));
    }

    [Fact]
    public void Two_Services_on_one_load_balancer_address_share_it()
    {
        var proxy = new Proxy().Put(LoadBalancer("203.0.113.10"), ThreePods)
            .Put(LoadBalancer("203.0.113.10") with { Name = new("default", "tls"), ClusterIPs = [InetAddress.Parse("10.96.10.2")], Ports = [new("", IpProtocol.Tcp, 443)] });
        proxy.Delete("web");
        Assert.Equal(["10.96.10.2", "203.0.113.10"], proxy.Bound);
        Assert.Equal(["10.96.10.2:443/TCP", "203.0.113.10:443/TCP"], proxy.Servers);
    }
}
