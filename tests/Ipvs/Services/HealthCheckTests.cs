using NetAgent.Contracts;
using static NetAgent.Ipvs.Tests.Sample;

namespace NetAgent.Ipvs.Tests.Services;

/// <summary>healthCheckNodePort.</summary>
public sealed class HealthCheckTests
{
    private static readonly Service Checked = LoadBalancer("203.0.113.10") with { ExternalTrafficPolicyLocal = true, HealthCheckNodePort = 32000 };

    [Fact]
    public void It_counts_local_ready_addresses_once_over_ports_and_slices()
    {
        var service = Checked with { Ports = [new("a", IpProtocol.Tcp, 80), new("b", IpProtocol.Tcp, 81)] };
        EndpointSlice Of(string name, params Endpoint[] endpoints) => Slice(name, endpoints) with { Ports = [new("a", IpProtocol.Tcp, 8080), new("b", IpProtocol.Tcp, 8081)] };
        var proxy = new Proxy().Put(service,
            Of("web-a", Local("10.244.1.10"), Local("10.244.1.11"), Local("10.244.1.12").Terminating(), Endpoint("10.244.2.1")), Of("web-b", Local("10.244.1.10")));
        var row = Assert.Single(proxy.Slice.HealthCheckPorts.Rows);
        Assert.Equal(new HealthCheckPort(32000, new("default", "web")) { LocalEndpoints = 2 }, row);
        Assert.Equal(["32000"], proxy.Members("KUBE-HEALTH-CHECK-NODE-PORT"));
    }

    [Fact]
    public void A_dual_stack_pod_is_one_endpoint()
    {
        var service = Checked with { ClusterIPs = [InetAddress.Parse("10.96.10.1"), InetAddress.Parse("fd00:10:96::1")] };
        var proxy = new Proxy().Put(service, Slice("web-a", Local()), Slice("web-b", Local("fd00:10:244:1::10")));
        Assert.Equal(1, Assert.Single(proxy.Slice.HealthCheckPorts.Rows).LocalEndpoints);
        Assert.Equal(["32000"], proxy.Members("KUBE-6-HEALTH-CHECK-NODE-PORT"));
    }

    [Fact]
    public void No_local_endpoint_is_zero_and_still_answered() =>
        Assert.Equal(0, Assert.Single(new Proxy().Put(Checked, Endpoint("10.244.2.11")).Slice.HealthCheckPorts.Rows).LocalEndpoints);

    [Fact]
    public void Only_load_balancers_under_the_local_policy_have_one()
    {
        Assert.Empty(new Proxy().Put(Checked with { ExternalTrafficPolicyLocal = false }, ThreePods).Slice.HealthCheckPorts.Rows);
        Assert.Empty(new Proxy().Put(Checked with { Type = ServiceType.NodePort }, ThreePods).Slice.HealthCheckPorts.Rows);
        Assert.Empty(new Proxy().Put(Checked with { HealthCheckNodePort = 0 }, ThreePods).Slice.HealthCheckPorts.Rows);
    }

    [Fact]
    public void It_stays_when_the_load_balancers_own_addresses_are_proxied() => Assert.Single(
        new Proxy().Put(Checked with { LoadBalancerIngress = [new(InetAddress.Parse("203.0.113.10"), true)] }, ThreePods).Slice.HealthCheckPorts.Rows);

    [Fact]
    public void It_listens_where_node_ports_are_served()
    {
        var proxy = new Proxy("""{"nodePortAddresses": ["192.0.2.0/24"]}""").Put(Checked, ThreePods);
        Assert.Equal([InetAddress.Parse("192.0.2.11")], Assert.Single(proxy.Slice.HealthCheckPorts.Rows).Addresses);
    }

    [Fact]
    public void It_goes_with_the_Service()
    {
        var proxy = new Proxy().Put(Checked, ThreePods).Delete("web");
        Assert.Empty(proxy.Slice.HealthCheckPorts.Rows);
        Assert.Empty(proxy.Slice.IpSetEntries.Rows);
    }
}
