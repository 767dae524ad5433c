using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Reconcile;

public sealed class AdoptionTests
{
    [Fact]
    public void A_restart_over_a_right_kernel_writes_nothing()
    {
        using var bench = Serving();
        bench.Restart();
        Write(bench);

        var report = bench.Complete();

        Assert.Equal(0, report.Changes);
        Assert.Equal(0, report.Drifted);
        Assert.Empty(bench.Kernel.Log);
    }

    [Fact]
    public void A_restart_removes_what_it_owns_and_no_longer_wants_and_touches_nothing_else()
    {
        using var bench = Serving();
        bench.Slice.Replace("old", Sample.Service("10.96.0.9", ["10.244.0.9"]));
        bench.Sync();
        AddForeign(bench);
        bench.Restart();
        Write(bench);

        var report = bench.Complete();

        Assert.True(report.IsComplete, string.Join("; ", report.Failed));
        Assert.Equal(["addresses Remove 10.96.0.9 on kube-ipvs0", "virtual servers Remove 10.96.0.9:80/TCP"], bench.Kernel.Log);
        AssertForeign(bench);
    }

    [Fact]
    public void Nothing_is_pruned_for_a_plugin_that_has_not_said_all_it_wants()
    {
        using var bench = Serving();
        bench.Restart();
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));

        Assert.Equal(0, bench.Sync(verify: true).Removed);
        Assert.Single(bench.Kernel.Chains.Rows);

        bench.Dataplane.MarkComplete("ipvs");
        Assert.True(bench.Sync().Removed > 0);
        Assert.Empty(bench.Kernel.Chains.Rows);
    }

    [Fact]
    public void A_read_that_fails_removes_nothing_and_is_repeated_until_it_works()
    {
        using var bench = Serving();
        bench.Slice.Replace("old", Sample.Service("10.96.0.9", ["10.244.0.9"]));
        bench.Sync();
        bench.Restart();
        Write(bench);
        bench.Kernel.VirtualServers.ReadFails = true;
        bench.Kernel.RealServers.ReadFails = true;
        bench.Kernel.Addresses.ReadFails = true;

        var report = bench.Complete();

        Assert.Equal(3, report.ReadFailures.Count);
        Assert.False(report.IsComplete);
        Assert.Equal(0, report.Removed);
        Assert.Equal(2, bench.Kernel.VirtualServers.Rows.Count);

        bench.Kernel.VirtualServers.ReadFails = bench.Kernel.RealServers.ReadFails = bench.Kernel.Addresses.ReadFails = false;
        bench.Clock.Turn(TimeSpan.FromSeconds(1));
        Assert.True(bench.Dataplane.Events.TryRead(out _));
        Assert.True(bench.Sync().IsComplete);
        Assert.Equal([Sample.Key("10.96.0.1")], bench.Kernel.VirtualServers.Rows.Keys);
    }

    [Fact]
    public void A_later_read_that_fails_keeps_the_last_good_state()
    {
        using var bench = Serving();
        bench.Kernel.VirtualServers.ReadFails = true;

        var report = bench.Sync(verify: true);

        Assert.Equal(0, report.Changes);
        Assert.Equal("virtual servers: read: virtual servers: no buffer space available", Assert.Single(report.ReadFailures).ToString());
    }

    [Fact]
    public void Drift_is_found_named_and_put_right_and_only_by_verification()
    {
        using var bench = Serving();
        bench.Kernel.VirtualServers.Rows.Clear();
        bench.Kernel.RealServers.Rows.Clear();
        bench.Kernel.Chains.Set(new(new(IpFamily.IPv4, "nat", "KUBE-SERVICES"), ["-j DROP"]));
        bench.Kernel.Entries.Set(IpSetEntry.ForIpPort("KUBE-CLUSTER-IP", InetAddress.Parse("6.6.6.6"), IpProtocol.Tcp, 1));
        Assert.Equal(0, bench.Sync().Changes);

        var report = bench.Sync(verify: true);

        Assert.Equal(
            [
                "set entries: KUBE-CLUSTER-IP 6.6.6.6,tcp:1", "chains: IPv4 nat KUBE-SERVICES", "virtual servers: 10.96.0.1:80/TCP",
                "real servers: 10.96.0.1:80/TCP -> 10.244.0.5:8080",
            ],
            report.DriftedRows);
        Assert.Equal(4, report.Drifted);
        Assert.Equal(1, bench.Dataplane.Status.Tables.Single(t => t.Table == "chains").DriftRepairs);
        Assert.Single(bench.Kernel.Entries.Rows);
        Assert.Single(bench.Kernel.RealServers.Rows);
        Assert.Equal(0, bench.Sync(verify: true).Drifted);
    }

    [Fact]
    public void A_virtual_server_is_owned_by_state_file_by_link_and_by_node_port_set()
    {
        using var bench = Serving();
        var common = Sample.Common();
        common.IpSets.Add(new("KUBE-NODE-PORT-TCP", IpSetType.BitmapPort, IpFamily.None));
        common.IpSetEntries.Add(IpSetEntry.ForPort("KUBE-NODE-PORT-TCP", 30080));
        bench.Slice.Replace("common", common);
        bench.Slice.Replace("recorded", Recorded());
        bench.Sync();
        bench.Clock.Turn(TimeSpan.FromSeconds(11));
        bench.Sync();
        bench.Kernel.VirtualServers.Set(Sample.Server("192.168.1.10", 30080));
        bench.Kernel.VirtualServers.Set(Sample.Server("192.168.1.10", 30080, IpProtocol.Udp));
        bench.Restart(crash: true);
        bench.Slice.Replace("common", common);
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));

        bench.Complete();

        Assert.Equal(
            ["10.96.0.1:80/TCP", "192.168.1.10:30080/UDP"],
            bench.Kernel.VirtualServers.Rows.Keys.Select(k => k.ToString()).Order());

        static RowSet Recorded()
        {
            var rows = new RowSet();
            rows.VirtualServers.Add(Sample.Server("192.168.1.10", 444));
            return rows;
        }
    }

    [Fact]
    public void An_excluded_virtual_server_is_never_removed()
    {
        using var bench = new Bench();
        bench.Dataplane.OpenSlice("ipvs", Bench.Claims with { VirtualServerExclusions = [InetPrefix.Parse("10.96.0.0/24")] });
        Write(bench);
        bench.Complete();

        bench.Slice.Remove("svc");
        bench.Sync();
        bench.Sync(verify: true);

        Assert.Single(bench.Kernel.VirtualServers.Rows);
        Assert.Empty(bench.Kernel.Addresses.Rows);
    }

    [Fact]
    public void A_plan_says_what_a_sync_would_do_and_does_nothing()
    {
        using var bench = new Bench();
        bench.Kernel.Chains.Set(new(new(IpFamily.IPv4, "nat", "KUBE-OLD"), []));
        Write(bench);
        bench.Dataplane.MarkComplete("ipvs");

        var plan = bench.Dataplane.Plan().Changes;

        Assert.Empty(bench.Kernel.Log);
        Assert.Equal(
            new PlannedChange("ipvs", "virtual servers", RowChangeKind.Add, "10.96.0.1:80/TCP", "", "rr"),
            plan.Single(c => c.Table == "virtual servers"));
        Assert.Equal("KUBE-OLD", plan[^1].Key.Split(' ')[^1]);
        Assert.Equal(plan.Count, bench.Sync().Changes);
        Assert.Empty(bench.Dataplane.Plan().Changes);
    }

    [Fact]
    public void A_plan_beside_a_settled_agent_says_nothing()
    {
        using var bench = new Bench();
        Write(bench);
        bench.Complete();
        bench.Restart();
        Write(bench);
        bench.Dataplane.MarkComplete("ipvs");

        Assert.Empty(bench.Dataplane.Plan().Changes);
    }

    [Fact]
    public void An_observing_plugin_is_planned_and_not_written_until_it_may()
    {
        using var bench = new Bench();
        bench.Dataplane.SetObserveOnly("ipvs", true);
        Write(bench);
        Assert.Equal(0, bench.Complete().Changes);
        Assert.NotEmpty(bench.Dataplane.Plan().Changes);
        Assert.Equal(0, bench.Sync(verify: true).Drifted);

        bench.Dataplane.SetObserveOnly("ipvs", false);

        Assert.True(bench.Sync().IsComplete);
        Assert.Single(bench.Kernel.RealServers.Rows);
    }

    [Fact]
    public void An_observer_owns_nothing_and_leaves_what_others_have_within_its_claims_when_it_goes()
    {
        using var bench = new Bench();
        var foreign = new Chain(new(IpFamily.IPv4, "nat", "KUBE-SERVICES"), ["-j RETURN"]);
        bench.Kernel.Chains.Set(foreign);
        bench.Kernel.VirtualServers.Set(Sample.Server("10.96.0.77", 80));
        bench.Dataplane.SetObserveOnly("ipvs", true);
        Write(bench);
        bench.Complete();
        Assert.DoesNotContain("ipvs", File.Exists(bench.StateFile) ? File.ReadAllText(bench.StateFile) : "", StringComparison.Ordinal);

        bench.Dataplane.CloseSlice("ipvs", retain: false);
        Assert.Equal(0, bench.Sync(verify: true).Changes);
        Assert.Equal(0, bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken).Changes);
        Assert.Equal([foreign], bench.Kernel.Chains.Rows.Values);
        Assert.Single(bench.Kernel.VirtualServers.Rows);
    }

    [Fact]
    public void What_a_plugin_wrote_before_it_only_observed_goes_with_it()
    {
        using var bench = Serving();
        bench.Dataplane.SetObserveOnly("ipvs", true);
        bench.Sync();

        bench.Dataplane.CloseSlice("ipvs", retain: false);
        bench.Sync();

        Assert.Empty(bench.Kernel.VirtualServers.Rows);
    }

    [Fact]
    public void A_binding_changes_from_address_to_route_by_one_replacement()
    {
        using var bench = Serving();
        var rows = Sample.Service("10.96.0.1", ["10.244.0.5"]);
        rows.Addresses[0] = rows.Addresses[0] with { Binding = AddressBinding.Route };
        bench.Slice.Replace("svc", rows);

        bench.Sync();

        Assert.Equal(["addresses Replace 10.96.0.1 on kube-ipvs0"], bench.Kernel.Log);
    }

    internal static void AddForeign(Bench bench)
    {
        bench.Kernel.VirtualServers.Set(Sample.Server("192.168.1.100", 3306));
        bench.Kernel.RealServers.Set(Sample.Real(Sample.Key("192.168.1.100", 3306), "192.168.1.101"));
        bench.Kernel.Sets.Set(new("mine", IpSetType.HashIp, IpFamily.IPv4) { MaxElements = 10 });
        bench.Kernel.Entries.Set(IpSetEntry.ForIp("mine", InetAddress.Parse("1.2.3.4")));
        bench.Kernel.Chains.Set(new(new(IpFamily.IPv4, "nat", "DOCKER"), ["-j RETURN"]));
        bench.Kernel.Jumps.Set(new(new(IpFamily.IPv4, "nat", "PREROUTING", "-m comment --comment \"-j KUBE-SERVICES\" -j DOCKER"), JumpPosition.First));
        bench.Kernel.Links.Set(new("dummy7"));
        bench.Kernel.Addresses.Set(new(new("eth0", InetAddress.Parse("192.168.1.10")), AddressBinding.Address));
    }

    [Fact]
    public void A_set_that_was_left_in_the_middle_of_a_rebuild_is_removed_at_the_start_and_by_cleanup()
    {
        using var bench = new Bench();
        bench.Kernel.Sets.Set(new("netagent-rebuild", IpSetType.HashIp, IpFamily.IPv4) { MaxElements = 64 });
        bench.Complete();
        Assert.Empty(bench.Kernel.Sets.Rows);

        bench.Kernel.Sets.Set(new("netagent-rebuild", IpSetType.HashIp, IpFamily.IPv4) { MaxElements = 64 });
        bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken);
        Assert.Empty(bench.Kernel.Sets.Rows);
    }

    internal static void AssertForeign(Bench bench)
    {
        Assert.Contains(Sample.Key("192.168.1.100", 3306), bench.Kernel.VirtualServers.Rows.Keys);
        Assert.Contains(Sample.Real(Sample.Key("192.168.1.100", 3306), "192.168.1.101").Key, bench.Kernel.RealServers.Rows.Keys);
        Assert.Contains("mine", bench.Kernel.Sets.Rows.Keys);
        Assert.Contains(bench.Kernel.Entries.Rows.Keys, e => e.Set == "mine");
        Assert.Contains(bench.Kernel.Chains.Rows.Keys, c => c.Name == "DOCKER");
        Assert.Contains(bench.Kernel.Jumps.Rows.Keys, j => j.Rule.EndsWith("DOCKER", StringComparison.Ordinal));
        Assert.Contains("dummy7", bench.Kernel.Links.Rows.Keys);
        Assert.Contains(bench.Kernel.Addresses.Rows.Keys, a => a.Link == "eth0");
    }

    private static Bench Serving()
    {
        var bench = new Bench();
        Write(bench);
        Assert.True(bench.Complete().IsComplete);
        return bench;
    }

    private static void Write(Bench bench)
    {
        bench.Slice.Replace("common", Sample.Common());
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));
    }
}
