using NetAgent.Contracts;
using static NetAgent.Ipvs.Tests.Sample;

namespace NetAgent.Ipvs.Tests.Nodes;

/// <summary>What the plugin wants of the node whatever the Services are.</summary>
public sealed class NodeScopeTests
{
    [Theory]
    [InlineData("3.10", false)]
    [InlineData("4.1", true)]
    [InlineData("4.19.0", true)]
    [InlineData("5.8.18", true)]
    [InlineData("5.9", false)]
    [InlineData("6.1.0", false)]
    [InlineData("0.0", false)]
    public void Connection_reuse_is_switched_off_only_where_the_kernel_gets_it_wrong(string kernel, bool isSet)
    {
        var proxy = new Proxy().Observe(RecordedNode.Facts with { KernelVersion = Version.Parse(kernel) });
        Assert.Equal(isSet, proxy.Slice.Sysctls.Rows.Contains(new Sysctl("net/ipv4/vs/conn_reuse_mode", "0")));
        Assert.Equal(kernel == "3.10", proxy.Slice.Notices.Any(notice => notice.Reason == "OldKernel"));
    }

    [Fact]
    public void The_sysctls_of_IPVS_mode_are_wanted_and_no_others() => Assert.Equal(
        ["net/ipv4/ip_forward = 1", "net/ipv4/vs/conntrack = 1", "net/ipv4/vs/expire_nodest_conn = 1", "net/ipv4/vs/expire_quiescent_template = 1"],
        new Proxy("""{"ipvs": {"strictARP": true}, "conntrack": {"maxPerCore": 1}}""").Tell(ClusterChange.All).Slice.Sysctls.Rows
            .Select(row => $"{row.Path} = {row.Value}").Order(StringComparer.Ordinal));

    [Fact]
    public void Timeouts_are_wanted_when_one_is_set()
    {
        Assert.Empty(new Proxy("""{"ipvs": {"tcpTimeout": "0s"}}""").Tell(ClusterChange.All).Slice.IpvsTimeouts.Rows);
        var proxy = new Proxy("""{"ipvs": {"tcpFinTimeout": "1m30s"}}""").Tell(ClusterChange.All);
        Assert.Equal(new IpvsTimeouts(0, 90, 0), Assert.Single(proxy.Slice.IpvsTimeouts.Rows));
    }

    [Fact]
    public void Both_families_are_wanted_whatever_the_node_has_on_for_the_dataplane_leaves_out_what_is_off()
    {
        var proxy = new Proxy().Put(Service() with { ClusterIPs = [InetAddress.Parse("10.96.10.1"), InetAddress.Parse("fd00::1")] }, ThreePods);
        proxy.Observe(RecordedNode.WithLinks(RecordedNode.Link(1, "lo", "127.0.0.1/8"), RecordedNode.Link(2, "eth0", "192.0.2.11/24")));
        Assert.Equal(2, proxy.Servers.Count());
        Assert.Equal(34, proxy.Slice.IpSets.Rows.Count);
    }

    [Fact]
    public void Routes_instead_of_addresses_when_asked_for() =>
        Assert.All(new Proxy("""{"vipBinding": "routes"}""").Put(LoadBalancer("203.0.113.10"), ThreePods).Slice.Addresses.Rows,
            row => Assert.Equal(AddressBinding.Route, row.Binding));

    [Fact]
    public void Everything_written_lies_within_the_claims()
    {
        var proxy = new Proxy().Observe(RecordedNode.Facts with { KernelVersion = new Version(5, 4) }).Put(NodePort(), ThreePods);
        var claims = proxy.Result.Claims;
        Assert.Equal([VirtualServerClaim.All], claims.VirtualServers);
        Assert.True(claims is { IpvsTimeouts: true, HealthCheckPorts: true });
        Assert.All(proxy.Slice.IpSets.Rows, row => Assert.Contains(row.Name, claims.IpSets));
        Assert.All(proxy.Slice.Chains.Rows, row => Assert.Contains(new ChainClaim(row.Key.Table, row.Key.Name), claims.Chains));
        Assert.All(proxy.Slice.Jumps.Rows, row => Assert.Contains(new JumpClaim(row.Key.Table, row.Key.Parent, row.Key.Rule.Split(' ')[^1]), claims.Jumps));
        Assert.All(proxy.Slice.Sysctls.Rows, row => Assert.Contains(row.Path, claims.Sysctls));
        Assert.All(proxy.Slice.Links.Rows, row => Assert.Contains(row.Name, claims.Links));
        Assert.Equal((34, 11, 9), (claims.IpSets.Count, claims.Chains.Count, claims.Jumps.Count));
    }

    [Fact]
    public void ExcludeCIDRs_periods_and_observations_reach_the_host()
    {
        var result = new Proxy("""{"ipvs": {"excludeCIDRs": ["192.0.2.0/24"], "syncPeriod": "1m", "minSyncPeriod": "2s"}}""").Result;
        Assert.Equal([InetPrefix.Parse("192.0.2.0/24")], result.Claims.VirtualServerExclusions);
        Assert.Equal((TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(2)), (result.Period, result.MinimumPeriod));
        Assert.True(result.Observations is { Links: true, IpvsSchedulers: true });
    }
}
