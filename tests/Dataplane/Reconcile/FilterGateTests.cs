using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Reconcile;

public sealed class FilterGateTests
{
    private static readonly ChainKey Firewall = new(IpFamily.IPv4, "nat", "KUBE-PROXY-FIREWALL");

    [Fact]
    public void A_service_is_not_opened_before_the_chain_that_closes_it_is_in()
    {
        using var bench = new Bench();
        bench.Kernel.Chains.AlsoRefuse = change => change.Row.Key == Firewall ? 22 : 0;
        Write(bench.Slice);

        var failed = bench.Complete().Failed;

        Assert.Empty(bench.Kernel.VirtualServers.Rows);
        Assert.Empty(bench.Kernel.RealServers.Rows);
        Assert.Empty(bench.Kernel.Addresses.Rows);
        Assert.Contains(failed, f => f is { Table: "virtual servers", Kind: FailureKind.Waiting } && f.Reason.Contains("KUBE-PROXY-FIREWALL", StringComparison.Ordinal));
        Assert.Contains(failed, f => f is { Table: "addresses", Kind: FailureKind.Waiting });

        bench.Kernel.Chains.AlsoRefuse = _ => 0;
        bench.Clock.Turn(TimeSpan.FromMinutes(2));
        Assert.True(bench.Sync().IsComplete);
        Assert.Single(bench.Kernel.VirtualServers.Rows);
        Assert.Single(bench.Kernel.RealServers.Rows);
        Assert.Single(bench.Kernel.Addresses.Rows);
    }

    [Fact]
    public void A_refused_jump_holds_back_too()
    {
        using var bench = new Bench();
        bench.Kernel.Jumps.AlsoRefuse = _ => 22;
        Write(bench.Slice);
        bench.Complete();

        Assert.Empty(bench.Kernel.VirtualServers.Rows);
    }

    [Fact]
    public void What_is_served_stays_and_follows_its_endpoints_while_a_chain_is_refused()
    {
        using var bench = new Bench();
        Write(bench.Slice);
        bench.Complete();
        bench.Kernel.Chains.AlsoRefuse = _ => 22;
        bench.Kernel.Chains.Rows.Remove(Firewall);
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.6"]));
        bench.Slice.Replace("other", Sample.Service("10.96.0.2", ["10.244.0.7"]));
        bench.Sync(verify: true);

        Assert.Equal([Sample.Key("10.96.0.1")], bench.Kernel.VirtualServers.Rows.Keys);
        Assert.Equal(["10.244.0.6"], bench.Kernel.RealServers.Rows.Keys.Select(k => k.Address.ToString()));
        Assert.Single(bench.Kernel.Addresses.Rows);
    }

    [Fact]
    public void A_bad_chain_holds_back_neither_another_plugin_nor_the_other_family()
    {
        using var bench = new Bench();
        bench.Kernel.Chains.AlsoRefuse = change => change.Row.Key.Name == "MY-CHAIN" || change.Row.Key.Family == IpFamily.IPv6 ? 22 : 0;
        var rows = new RowSet();
        rows.Chains.Add(new(new(IpFamily.IPv4, "nat", "MY-CHAIN"), []));
        bench.Dataplane.OpenSlice("other", new PluginClaims { Chains = [new("nat", "MY-CHAIN")] }).Replace("a", rows);
        Write(bench.Slice);
        var six = new RowSet();
        six.Chains.Add(new(new(IpFamily.IPv6, "nat", "KUBE-PROXY-FIREWALL"), []));
        bench.Slice.Replace("six", six);
        bench.Slice.Replace("svc6", Sample.Service("fd00::1", ["fd01::5"]));

        bench.Complete();

        Assert.Equal([Sample.Key("10.96.0.1")], bench.Kernel.VirtualServers.Rows.Keys);
    }

    private static void Write(ISlice slice)
    {
        var common = Sample.Common();
        common.Chains.Add(new(Firewall, []));
        slice.Replace("common", common);
        slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));
    }
}
