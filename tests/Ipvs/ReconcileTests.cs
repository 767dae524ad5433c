using NetAgent.Contracts;
using static NetAgent.Ipvs.Tests.Sample;

namespace NetAgent.Ipvs.Tests;

/// <summary>What a call costs and in which order it writes.</summary>
public sealed class ReconcileTests
{
    [Fact]
    public void A_change_of_one_Service_writes_that_Service_only()
    {
        var proxy = new Proxy().Put(Service(), ThreePods).Put(Service("other", "10.96.10.2"), ThreePods);
        proxy.Put(Service(), Local());
        Assert.Equal(["replace default/web:/TCP/IPv4"], proxy.Slice.Calls);
    }

    [Fact]
    public void A_Service_that_goes_takes_its_scopes_along()
    {
        var service = Service() with { Ports = [new("a", IpProtocol.Tcp, 80), new("b", IpProtocol.Udp, 81)], Annotations = Annotation("netagent.io/zone-weight", "x") };
        var proxy = new Proxy().Put(Service("other", "10.96.10.2"), ThreePods).Put(service, ThreePods);
        Assert.Contains("default/web:b/UDP/IPv4", proxy.Slice.Scopes);
        proxy.Delete("web");
        Assert.DoesNotContain(proxy.Slice.Scopes, scope => scope.StartsWith("default/web", StringComparison.Ordinal));
        Assert.Equal(["10.96.10.2:80/TCP"], proxy.Servers);
    }

    [Fact]
    public void A_renamed_port_leaves_no_scope_behind()
    {
        var proxy = new Proxy().Put(Service() with { Ports = [new("a", IpProtocol.Tcp, 80)] }).Put(Service() with { Ports = [new("b", IpProtocol.Tcp, 80)] });
        Assert.Contains("default/web:b/TCP/IPv4", proxy.Slice.Scopes);
        Assert.DoesNotContain("default/web:a/TCP/IPv4", proxy.Slice.Scopes);
        Assert.Single(proxy.Servers);
    }

    [Fact]
    public void The_first_call_writes_the_nodes_rules_then_the_API_servers_Service_then_DNS()
    {
        var proxy = new Proxy();
        Service Of(string space, string name, ushort port, string ip) => Service(name, ip) with { Name = new(space, name), Ports = [new("", IpProtocol.Udp, port)] };
        proxy.Node(null);
        proxy.Put(Of("aaa", "first-by-name", 80, "10.96.0.2")).Put(Of("default", "kubernetes", 443, "10.96.0.1"))
            .Put(Of("kube-system", "kube-dns", 53, "10.96.0.10")).Put(Of("aaa", "other-dns", 53, "10.96.0.11"));
        Assert.Empty(proxy.Slice.Scopes);
        proxy.Node(RecordedNode.Node);
        Assert.Equal(
            [
                "node", "node/IPv4", "node/IPv6", "default/kubernetes:/UDP/IPv4", "kube-system/kube-dns:/UDP/IPv4",
                "aaa/first-by-name:/UDP/IPv4", "aaa/other-dns:/UDP/IPv4", "node/IPv4", "node/IPv6", "node", "node/metrics",
            ],
            proxy.Slice.Calls.Select(call => call["replace ".Length..]));
    }

    [Fact]
    public void While_the_Node_is_not_known_nothing_is_taken_away_and_nothing_missed()
    {
        var proxy = new Proxy().Put(Service(), ThreePods);
        proxy.Node(null).Put(Service("other", "10.96.10.2"), ThreePods).Delete("web");
        Assert.Equal(["10.96.10.1:80/TCP"], proxy.Servers);
        proxy.Node(RecordedNode.Node);
        Assert.Equal(["10.96.10.2:80/TCP"], proxy.Servers);
    }

    [Fact]
    public void After_an_interrupted_call_the_next_one_sees_to_everything()
    {
        var plugin = new Plugins.Ipvs.IpvsPlugin();
        var slice = new TestKit.InMemorySlice { Claims = plugin.Configure(new PluginConfiguration()).Claims };
        var services = new[] { Service(), Service("other", "10.96.10.2") }.ToDictionary(s => s.Name, s => new ServiceEndpoints(s, default));
        var cluster = new ClusterState { Node = RecordedNode.Node };
        ReconcileInput Input(ClusterState state, ClusterChange change) => new()
        {
            Cluster = state,
            Facts = RecordedNode.Facts,
            Changed = change,
            NodeName = RecordedNode.Name,
            Now = DateTimeOffset.UnixEpoch,
        };
        plugin.Reconcile(Input(cluster, ClusterChange.All), slice, CancellationToken.None);
        cluster = cluster with { Services = cluster.Services.AddRange(services) };

        Assert.Throws<OperationCanceledException>(() =>
            plugin.Reconcile(Input(cluster, new ClusterChange { Services = [.. services.Keys] }), slice, new CancellationToken(canceled: true)));
        plugin.Reconcile(Input(cluster, new ClusterChange()), slice, CancellationToken.None);

        Assert.Equal(2, slice.VirtualServers.Rows.Count);
    }

    [Fact]
    public void Scopes_of_a_former_life_are_removed_on_a_full_call()
    {
        var proxy = new Proxy().Put(Service(), ThreePods);
        proxy.Slice.Replace("default/gone:/TCP/IPv4", new RowSet());
        proxy.Tell(ClusterChange.All);
        Assert.DoesNotContain("default/gone:/TCP/IPv4", proxy.Slice.Scopes);
    }

    [Fact]
    public void A_new_configuration_takes_hold_without_leaving_anything_of_the_old()
    {
        var proxy = new Proxy().Put(NodePort(), ThreePods);
        proxy.Configure("""{"nodePortAddresses": ["198.18.0.0/15"], "ipvs": {"scheduler": "lc"}}""");
        Assert.Equal(["10.96.10.1:80/TCP lc"], proxy.Slice.VirtualServers.Rows.Select(row => $"{row.Key} {row.Scheduler}"));
    }

    [Fact]
    public void A_refused_configuration_leaves_the_last_good_one_in_force()
    {
        var proxy = new Proxy("""{"ipvs": {"scheduler": "lc", "syncPeriod": "40s"}}""").Put(Service(), ThreePods);
        proxy.Configure("""{"ipvs": {"scheduler": "wrr", "syncPeriod": "-1s"}}""");
        Assert.False(proxy.Result.IsAccepted);
        Assert.Equal(TimeSpan.FromSeconds(40), proxy.Result.Period);
        Assert.Equal("lc", Assert.Single(proxy.Slice.VirtualServers.Rows).Scheduler);
    }

    [Fact]
    public void Calls_without_a_change_write_nothing()
    {
        var proxy = new Proxy().Put(NodePort(), ThreePods);
        proxy.Tell(new ClusterChange { Facts = true, Node = true });
        Assert.Empty(proxy.Slice.Calls);
    }
}
