using NetAgent.Contracts;
using static NetAgent.Ipvs.Tests.Sample;

namespace NetAgent.Ipvs.Tests.Endpoints;

/// <summary>Which endpoints serve which virtual server.</summary>
public sealed class EndpointSelectionTests
{
    private const string Cluster = "10.96.10.1:80/TCP";
    private const string NodePorts = "192.0.2.11:30080/TCP";
    private static readonly Service Local = NodePort() with { ExternalTrafficPolicyLocal = true };

    [Fact]
    public void Ready_endpoints_of_all_slices_serve()
    {
        var proxy = new Proxy().Put(Service(), Slice("web-a", Local("10.244.1.10")), Slice("web-b", Endpoint("10.244.2.11"), Endpoint("10.244.2.12").NotReady()));
        Assert.Equal(["10.244.1.10", "10.244.2.11"], proxy.Backends(Cluster));
    }

    [Fact]
    public void An_endpoint_in_two_slices_counts_once_and_a_ready_report_is_believed()
    {
        var proxy = new Proxy().Put(Service(), Slice("web-a", Endpoint("10.244.2.11").NotReady()), Slice("web-b", Endpoint("10.244.2.11")));
        Assert.Equal(["10.244.2.11"], proxy.Backends(Cluster));
        Assert.Single(proxy.Slice.RealServers.Rows);
    }

    [Fact]
    public void Of_two_reports_the_local_one_counts()
    {
        var proxy = new Proxy().Put(Local, Slice("web-a", Endpoint("10.244.1.10", node: null)), Slice("web-b", Local("10.244.1.10")));
        Assert.Equal(["10.244.1.10"], proxy.Backends(NodePorts));
        Assert.Equal(["10.244.1.10,tcp:8080,10.244.1.10"], proxy.Members("KUBE-LOOP-BACK"));
    }

    [Fact]
    public void One_address_with_two_target_ports_is_two_backends()
    {
        var other = Slice("web-b", Endpoint("10.244.2.11")) with { Ports = [new EndpointPort("", IpProtocol.Tcp, 9090)] };
        var proxy = new Proxy().Put(Service(), Slice("web-a", Endpoint("10.244.2.11")), other);
        Assert.Equal([8080, 9090], proxy.Slice.RealServers.Rows.Select(row => (int)row.Key.Port).Order());
    }

    [Fact]
    public void A_slice_port_needs_the_name_and_the_protocol_of_the_Service_port()
    {
        EndpointSlice With(string? name, IpProtocol protocol, ushort port) => Slice($"web-{name}{protocol}{port}", Endpoint("10.244.2.11")) with
        {
            Ports = [new EndpointPort(name, protocol, port)],
        };
        var proxy = new Proxy().Put(Service(), With(null, IpProtocol.Tcp, 1), With("http", IpProtocol.Tcp, 2), With("", IpProtocol.Udp, 3), With("", IpProtocol.Tcp, 0));
        Assert.Empty(proxy.Backends(Cluster));
        Assert.Equal([Cluster], proxy.Servers);
    }

    [Fact]
    public void Slices_of_the_other_family_and_of_names_are_passed_over()
    {
        var names = Slice("web-c") with { AddressFamily = IpFamily.None };
        var proxy = new Proxy().Put(Service(), Slice("web-a", Endpoint("fd00:10:244:2::11")), names);
        Assert.Empty(proxy.Slice.RealServers.Rows);
    }

    [Fact]
    public void Terminating_endpoints_serve_only_for_want_of_ready_ones()
    {
        var proxy = new Proxy().Put(Service(), Endpoint("10.244.2.11").Terminating(), Endpoint("10.244.2.12"));
        Assert.Equal(["10.244.2.12"], proxy.Backends(Cluster));
        proxy.Put(Service(), Endpoint("10.244.2.11").Terminating(), Endpoint("10.244.2.12").NotReady());
        Assert.Equal(["10.244.2.11"], proxy.Backends(Cluster));
    }

    [Fact]
    public void Under_the_local_policy_a_terminating_local_endpoint_comes_before_ready_ones_elsewhere()
    {
        var proxy = new Proxy().Put(Local, Local().Terminating(), Endpoint("10.244.2.11"));
        Assert.Equal(["10.244.1.10"], proxy.Backends(NodePorts));
        Assert.Equal(["10.244.2.11"], proxy.Backends(Cluster));
    }

    [Fact]
    public void External_local_policy_without_local_endpoint_falls_back_to_all()
    {
        var proxy = new Proxy().Put(Local, Endpoint("10.244.2.11"));
        Assert.Equal(["10.244.2.11"], proxy.Backends(NodePorts));
        Assert.Equal(1, LackingLocal(proxy, "external"));
        Assert.Equal(0, LackingLocal(proxy, "internal"));
        proxy.Put(Local, Local());
        Assert.Equal(0, LackingLocal(proxy, "external"));
    }

    [Fact]
    public void Internal_local_policy_without_local_endpoint_serves_nobody()
    {
        var proxy = new Proxy().Put(Service() with { InternalTrafficPolicyLocal = true }, Endpoint("10.244.2.11"));
        Assert.Empty(proxy.Backends(Cluster));
        Assert.Equal(1, LackingLocal(proxy, "internal"));
    }

    [Fact]
    public void Internal_local_policy_falls_back_too_when_the_Service_has_an_external_frontend()
    {
        var proxy = new Proxy().Put(NodePort() with { InternalTrafficPolicyLocal = true }, Endpoint("10.244.2.11"));
        Assert.Equal(["10.244.2.11"], proxy.Backends(Cluster));
        Assert.Equal(["10.244.2.11"], proxy.Backends(NodePorts));
    }

    [Fact]
    public void External_local_policy_means_nothing_without_external_frontend()
    {
        var proxy = new Proxy().Put(Service() with { ExternalTrafficPolicyLocal = true }, Endpoint("10.244.2.11"));
        Assert.Equal(["10.244.2.11"], proxy.Backends(Cluster));
        Assert.Equal(0, LackingLocal(proxy, "external"));
    }

    [Fact]
    public void A_Service_without_any_endpoint_lacks_no_local_one()
    {
        var proxy = new Proxy().Put(Local);
        Assert.Equal([Cluster, NodePorts], proxy.Servers);
        Assert.Equal(0, LackingLocal(proxy, "external"));
    }

    [Fact]
    public void Hairpin_entries_cover_local_endpoints_in_whatever_state()
    {
        var proxy = new Proxy().Put(Service(), Local("10.244.1.10").NotReady(), Local("10.244.1.11").Terminating(), Endpoint("10.244.2.11"));
        Assert.Equal(["10.244.1.10,tcp:8080,10.244.1.10", "10.244.1.11,tcp:8080,10.244.1.11"], proxy.Members("KUBE-LOOP-BACK"));
    }

    [Fact]
    public void Metric_covers_both_policies_and_both_families() => Assert.Equal(
        ["IPv4/internal", "IPv4/external", "IPv6/internal", "IPv6/external"],
        new Proxy().Put(Service()).Slice.Gauges.Where(gauge => gauge.Name == "kubeproxy_sync_proxy_rules_no_local_endpoints_total")
            .Select(gauge => $"{gauge.Labels.Find("ip_family")}/{gauge.Labels.Find("traffic_policy")}"));

    private static int LackingLocal(Proxy proxy, string policy) => (int)proxy.Slice.Gauges
        .Single(gauge => gauge.Labels.Find("ip_family") == "IPv4" && gauge.Labels.Find("traffic_policy") == policy).Value;
}
