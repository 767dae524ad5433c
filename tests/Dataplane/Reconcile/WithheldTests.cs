using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Reconcile;

/// <summary>What could not be read was never "not wanted": an agent that starts over a kernel that an earlier one filled.</summary>
public sealed class WithheldTests
{
    private const string Kept = "10.96.0.1";
    private const string Unread = "10.96.0.9";
    private static readonly Withholding Everything = new() { Services = true, Endpoints = _ => true };

    [Fact]
    public void While_anything_may_be_unread_nothing_of_an_earlier_run_goes_and_what_is_wanted_goes_in()
    {
        using var bench = Restarted();
        bench.Dataplane.Withhold(Everything);
        bench.Slice.Replace("svc", Sample.Service(Kept, ["10.244.0.5", "10.244.0.6"]));
        bench.Slice.Replace("new", Sample.Service("10.96.0.3", ["10.244.0.7"]));
        var report = bench.Complete();

        Assert.Equal(0, report.Removed);
        Assert.Contains(Sample.Key(Unread), bench.Kernel.VirtualServers.Rows.Keys);
        Assert.Contains(Sample.Bound(Unread).Key, bench.Kernel.Addresses.Rows.Keys);
        Assert.Contains(Sample.Key("10.96.0.3"), bench.Kernel.VirtualServers.Rows.Keys);
        Assert.Equal(["10.244.0.4", "10.244.0.5", "10.244.0.6"], EndpointsOf(bench, Kept));
        Assert.Equal(4, bench.Dataplane.Status.Withheld.Count);
        Assert.Contains("virtual servers: 10.96.0.9:80/TCP", bench.Dataplane.Status.Withheld.First);
    }

    [Fact]
    public void When_all_was_read_what_nobody_wants_goes()
    {
        using var bench = Restarted();
        bench.Dataplane.Withhold(Everything);
        bench.Slice.Replace("svc", Sample.Service(Kept, ["10.244.0.5"]));
        bench.Complete();

        bench.Dataplane.Withhold(Withholding.Nothing);
        bench.Sync();

        Assert.Equal([Sample.Key(Kept)], bench.Kernel.VirtualServers.Rows.Keys);
        Assert.Equal([Sample.Bound(Kept).Key], bench.Kernel.Addresses.Rows.Keys);
        Assert.Equal(0, bench.Dataplane.Status.Withheld.Count);
    }

    [Fact]
    public void An_unread_slice_holds_its_own_Services_real_servers_and_nobody_elses()
    {
        using var bench = Restarted();
        bench.Dataplane.Withhold(new() { Endpoints = server => server == Sample.Key(Kept) });
        bench.Slice.Replace("svc", Sample.Service(Kept, []));
        bench.Complete();

        Assert.Equal([Sample.Key(Kept)], bench.Kernel.VirtualServers.Rows.Keys);
        Assert.Equal(["10.244.0.4", "10.244.0.5"], EndpointsOf(bench, Kept));
        Assert.Equal(2, bench.Kernel.RealServers.Rows.Count);
    }

    [Fact]
    public void An_unread_Service_holds_no_real_server_of_another()
    {
        using var bench = Restarted();
        bench.Dataplane.Withhold(new() { Services = true });
        bench.Slice.Replace("svc", Sample.Service(Kept, ["10.244.0.6"]));
        bench.Complete();

        Assert.Equal(["10.244.0.6"], EndpointsOf(bench, Kept));
        Assert.Equal(["10.244.0.9"], EndpointsOf(bench, Unread));
    }

    [Fact]
    public void An_address_that_went_to_another_Service_serves_that_ones_pods_alone()
    {
        using var bench = Restarted();
        bench.Dataplane.Withhold(Everything);
        bench.Slice.Replace("svc", Sample.Service(Kept, ["10.244.0.5"]));
        bench.Slice.Replace("heir", Sample.Service(Unread, ["10.244.0.7"]));
        bench.Complete();

        Assert.Equal(["10.244.0.7"], EndpointsOf(bench, Unread));
    }

    [Fact]
    public void What_was_wanted_in_this_run_and_is_no_longer_goes_at_once()
    {
        using var bench = Restarted();
        bench.Dataplane.Withhold(Everything);
        bench.Slice.Replace("svc", Sample.Service(Kept, ["10.244.0.5"]));
        bench.Complete();

        bench.Slice.Remove("svc");
        bench.Sync();

        Assert.Equal([Sample.Key(Unread)], bench.Kernel.VirtualServers.Rows.Keys);
    }

    [Fact]
    public void An_address_stays_while_an_unread_Service_may_use_another_port_of_it()
    {
        using var bench = Restarted();
        bench.Dataplane.Withhold(Everything);
        var shared = new RowSet();
        shared.VirtualServers.Add(Sample.Server(Unread, 8443));
        shared.Addresses.Add(Sample.Bound(Unread));
        bench.Slice.Replace("svc", Sample.Service(Kept, ["10.244.0.5"]));
        bench.Slice.Replace("shared", shared);
        bench.Complete();

        bench.Slice.Remove("shared");
        bench.Sync();

        Assert.DoesNotContain(Sample.Key(Unread, 8443), bench.Kernel.VirtualServers.Rows.Keys);
        Assert.Contains(Sample.Bound(Unread).Key, bench.Kernel.Addresses.Rows.Keys);
    }

    [Fact]
    public void A_rule_that_closes_or_marks_what_stays_is_kept_in_its_place_and_goes_with_it()
    {
        var key = new ChainKey(IpFamily.IPv4, "nat", "KUBE-SERVICES");
        string[] all = ["-s 127.0.0.0/8 -j RETURN", "-m set --match-set KUBE-EXTERNAL-IP dst,dst -j KUBE-MARK-MASQ", $"-s {Unread}/32 -j DROP", "-m addrtype --dst-type LOCAL -j KUBE-NODE-PORT"];
        using var bench = Restarted(rows =>
        {
            rows.IpSets.Add(new("KUBE-EXTERNAL-IP", IpSetType.HashIpPort, IpFamily.IPv4) { MaxElements = 65536 });
            rows.IpSetEntries.Add(IpSetEntry.ForIpPort("KUBE-EXTERNAL-IP", InetAddress.Parse(Unread), IpProtocol.Tcp, 80));
            rows.Chains.Add(new(key, [.. all]));
        });
        var now = new RowSet();
        now.IpSets.Add(new("KUBE-EXTERNAL-IP", IpSetType.HashIpPort, IpFamily.IPv4) { MaxElements = 65536 });
        now.Chains.Add(new(key, ["-s 127.0.0.0/8 -j RETURN", "-p udp -j RETURN", "-m addrtype --dst-type LOCAL -j KUBE-NODE-PORT"]));
        bench.Slice.Replace("common", now);
        bench.Dataplane.Withhold(new() { Services = true });
        bench.Complete();

        Assert.Equal([all[0], all[1], all[2], "-p udp -j RETURN", all[3]], bench.Kernel.Chains.Rows[key].Rules);
        Assert.Empty(bench.Dataplane.Plan().Changes);

        bench.Dataplane.Withhold(Withholding.Nothing);
        bench.Sync();

        Assert.Equal(now.Chains[0].Rules, bench.Kernel.Chains.Rows[key].Rules);
        Assert.Empty(bench.Kernel.Entries.Rows);
    }

    [Fact]
    public void A_plan_shows_what_would_go_as_withheld()
    {
        using var bench = Restarted();
        bench.Dataplane.Withhold(Everything);
        bench.Slice.Replace("svc", Sample.Service(Kept, ["10.244.0.5"]));
        bench.Dataplane.MarkComplete("ipvs");

        var plan = bench.Dataplane.Plan();

        Assert.Empty(plan.Changes);
        Assert.Equal(["addresses", "real servers", "virtual servers"], plan.Withheld.Select(change => change.Table).Distinct().Order());
    }

    [Fact]
    public void With_the_state_file_lost_it_stays_all_the_same()
    {
        using var bench = Restarted(crash: true);
        bench.Dataplane.Withhold(Everything);
        bench.Complete();

        Assert.Equal(2, bench.Kernel.VirtualServers.Rows.Count);
    }

    [Fact]
    public void What_somebody_adds_meanwhile_goes_as_ever()
    {
        using var bench = Restarted();
        bench.Dataplane.Withhold(Everything);
        bench.Slice.Replace("svc", Sample.Service(Kept, ["10.244.0.5"]));
        bench.Complete();

        bench.Kernel.RealServers.Set(Sample.Real(Sample.Key(Kept), "203.0.113.66"));
        bench.Sync(verify: true);

        Assert.DoesNotContain(Sample.Real(Sample.Key(Kept), "203.0.113.66").Key, bench.Kernel.RealServers.Rows.Keys);
    }

    [Fact]
    public void A_plugin_that_is_switched_off_takes_its_rows_along()
    {
        using var bench = Restarted();
        bench.Dataplane.Withhold(Everything);
        bench.Complete();

        bench.Dataplane.CloseSlice("ipvs", retain: false);
        bench.Sync();

        Assert.Empty(bench.Kernel.VirtualServers.Rows);
    }

    private static IEnumerable<string> EndpointsOf(Bench bench, string address) => bench.Kernel.RealServers.Rows.Keys
        .Where(key => key.Server == Sample.Key(address)).Select(key => key.Address.ToString()).Order(StringComparer.Ordinal);

    // Two Services of an earlier run, and an agent that has not said yet what it wants.
    private static Bench Restarted(Action<RowSet>? more = null, bool crash = false)
    {
        var bench = new Bench();
        var common = new RowSet();
        common.Links.Add(new(Bench.Link));
        more?.Invoke(common);
        bench.Slice.Replace("common", common);
        bench.Slice.Replace("svc", Sample.Service(Kept, ["10.244.0.4", "10.244.0.5"]));
        bench.Slice.Replace("unread", Sample.Service(Unread, ["10.244.0.9"]));
        Assert.True(bench.Complete().IsComplete);
        bench.Restart(crash);
        var link = new RowSet();
        link.Links.Add(new(Bench.Link));
        bench.Slice.Replace("common", link);
        return bench;
    }
}
