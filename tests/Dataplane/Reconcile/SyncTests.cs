using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Reconcile;

public sealed class SyncTests
{
    [Fact]
    public void Packets_never_meet_half_a_state_when_a_service_comes_and_when_it_goes()
    {
        using var bench = new Bench();
        bench.Kernel.Sysctls.Set(new("net/ipv4/ip_forward", "0"));
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));
        bench.Slice.Replace("common", Sample.Common());

        var came = bench.Complete();

        Assert.True(came.IsComplete, string.Join("; ", came.Failed));
        Assert.Equal(
        [
            "sysctls Replace net/ipv4/ip_forward",
            "timeouts Replace timeouts",
            "links Add kube-ipvs0",
            "sets Add KUBE-CLUSTER-IP",
            "set entries Add " + bench.Kernel.Entries.Rows.Keys.Single(),
            "chains Add IPv4 nat KUBE-SERVICES",
            "jumps Add IPv4 nat -A PREROUTING -j KUBE-SERVICES",
            "virtual servers Add 10.96.0.1:80/TCP",
            "real servers Add 10.96.0.1:80/TCP -> 10.244.0.5:8080",
            "addresses Add 10.96.0.1 on kube-ipvs0",
            "files Add /etc/sysctl.d/90-netagent.conf",
        ], bench.Kernel.Log);

        bench.Slice.Remove("common");
        bench.Slice.Remove("svc");
        var went = bench.Sync();

        Assert.True(went.IsComplete, string.Join("; ", went.Failed));
        Assert.Equal(
        [
            "files Remove /etc/sysctl.d/90-netagent.conf",
            "addresses Remove 10.96.0.1 on kube-ipvs0",
            "virtual servers Remove 10.96.0.1:80/TCP",
            "jumps Remove IPv4 nat -A PREROUTING -j KUBE-SERVICES",
            "chains Remove IPv4 nat KUBE-SERVICES",
            "sets Remove KUBE-CLUSTER-IP",
            "links Remove kube-ipvs0",
            "timeouts Replace timeouts",
            "sysctls Replace net/ipv4/ip_forward",
        ], bench.Kernel.Log);
        Assert.Equal("0", bench.Kernel.Sysctls.Rows["net/ipv4/ip_forward"].Value);
        Assert.Empty(bench.Kernel.RealServers.Rows);
        Assert.Empty(bench.Kernel.Entries.Rows);
    }

    [Fact]
    public void Steady_state_neither_reads_nor_writes()
    {
        using var bench = new Bench();
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));
        bench.Slice.Replace("common", Sample.Common());
        bench.Complete();
        var reads = bench.Kernel.VirtualServers.Reads;

        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));
        var report = bench.Sync();

        Assert.Equal(0, report.Changes);
        Assert.Empty(bench.Kernel.Log);
        Assert.Equal(reads, bench.Kernel.VirtualServers.Reads);
    }

    [Fact]
    public void One_endpoint_among_ten_thousand_services_costs_one_operation_and_looks_at_one_row()
    {
        using var bench = new Bench();
        bench.Slice.Replace("common", Sample.Common());
        for (var i = 0; i < 10_000; i++)
        {
            bench.Slice.Replace($"svc-{i}", Sample.Service($"10.97.{i / 250}.{(i % 250) + 1}", ["10.244.0.5", "10.244.0.6"]));
        }
        Assert.True(bench.Complete().IsComplete);
        bench.Kernel.RealServers.Changes.Clear();

        bench.Slice.Replace("svc-4711", Sample.Service("10.97.18.212", ["10.244.0.5", "10.244.0.6", "10.244.0.7"]));
        var report = bench.Sync();

        Assert.Equal(1, report.Changes);
        Assert.Equal(["real servers Add 10.97.18.212:80/TCP -> 10.244.0.7:8080"], bench.Kernel.Log);
    }

    [Fact]
    public void A_changed_value_is_edited_in_place()
    {
        using var bench = new Bench();
        bench.Slice.Replace("common", Sample.Common());
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));
        bench.Complete();

        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"], scheduler: "lc"));
        var report = bench.Sync();

        Assert.Equal((0, 1, 0), (report.Added, report.Replaced, report.Removed));
        Assert.Equal("rr", bench.Kernel.VirtualServers.Changes[^1].Before.Scheduler);
    }

    [Fact]
    public void A_refused_row_is_tried_again_later_and_later_and_its_neighbours_go_in()
    {
        using var bench = new Bench();
        bench.Kernel.VirtualServers.AlsoRefuse = change => change.Row.Scheduler == "nope" ? 2 : 0;
        bench.Slice.Replace("common", Sample.Common());
        bench.Slice.Replace("bad", Sample.Service("10.96.0.1", ["10.244.0.5", "10.244.0.6"], scheduler: "nope"));
        bench.Slice.Replace("good", Sample.Service("10.96.0.2", ["10.244.0.5"]));

        var report = bench.Complete();

        Assert.Contains(Sample.Key("10.96.0.2"), bench.Kernel.VirtualServers.Rows.Keys);
        Assert.Equal(2, report.Failed.Count);
        Assert.Equal(new FailedRow("ipvs", "virtual servers", "10.96.0.1:80/TCP", "Add virtual servers", 2, "refused", 1), report.Failed[0]);
        Assert.Equal(("real servers", "waiting", "virtual server 10.96.0.1:80/TCP"), (report.Failed[1].Table, report.Failed[1].Operation, report.Failed[1].Key));
        Assert.DoesNotContain(bench.Kernel.Log, line => line.StartsWith("real servers Add 10.96.0.1", StringComparison.Ordinal));

        Assert.Empty(Attempts(bench, TimeSpan.FromSeconds(0.9)));
        Assert.Single(Attempts(bench, TimeSpan.FromSeconds(0.2)));
        Assert.Empty(Attempts(bench, TimeSpan.FromSeconds(1.9)));
        Assert.Single(Attempts(bench, TimeSpan.FromSeconds(0.2)));
        for (var i = 0; i < 8; i++)
        {
            bench.Clock.Turn(TimeSpan.FromSeconds(61));
            bench.Sync();
        }
        Assert.Single(Attempts(bench, TimeSpan.FromSeconds(61)));

        bench.Kernel.VirtualServers.AlsoRefuse = _ => 0;
        bench.Clock.Turn(TimeSpan.FromSeconds(61));
        Assert.True(bench.Sync().IsComplete);
        Assert.Equal(3, bench.Kernel.RealServers.Rows.Count);
    }

    [Fact]
    public void A_refused_row_that_is_wanted_otherwise_now_is_tried_at_once()
    {
        using var bench = new Bench();
        bench.Kernel.VirtualServers.AlsoRefuse = change => change.Row.Scheduler == "nope" ? 2 : 0;
        bench.Slice.Replace("common", Sample.Common());
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"], scheduler: "nope"));
        bench.Complete();

        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"], scheduler: "rr"));

        Assert.True(bench.Sync().IsComplete);
        Assert.Single(bench.Kernel.RealServers.Rows);
    }

    [Fact]
    public async Task A_retry_that_is_due_wakes_the_loop()
    {
        using var bench = new Bench();
        bench.Kernel.VirtualServers.AlsoRefuse = _ => 12;
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", []));
        bench.Complete();
        Assert.False(bench.Dataplane.Events.TryRead(out _));

        bench.Clock.Turn(TimeSpan.FromSeconds(1));

        Assert.Equal(KernelEvent.Due, await bench.Dataplane.Events.ReadAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_table_that_cannot_be_written_at_all_is_reported_once_and_read_again()
    {
        using var bench = new Bench();
        bench.Kernel.VirtualServers.ApplyFails = true;
        bench.Slice.Replace("common", Sample.Common());
        for (var i = 1; i < 50; i++)
        {
            bench.Slice.Replace($"svc-{i}", Sample.Service($"10.96.0.{i}", []));
        }
        var report = bench.Complete();

        var failed = Assert.Single(report.Failed);
        Assert.Equal(("virtual servers", "*", 105), (failed.Table, failed.Key, failed.Errno));

        bench.Kernel.VirtualServers.ApplyFails = false;
        bench.Clock.Turn(TimeSpan.FromSeconds(2));
        Assert.True(bench.Sync().IsComplete);
        Assert.Equal(49, bench.Kernel.VirtualServers.Rows.Count);
    }

    [Fact]
    public void A_set_gets_room_before_it_is_full()
    {
        using var bench = new Bench();
        var rows = new RowSet();
        rows.IpSets.Add(new("KUBE-CLUSTER-IP", IpSetType.HashIpPort, IpFamily.IPv4) { MaxElements = 10 });
        bench.Slice.Replace("set", rows);
        bench.Complete();
        Assert.Equal(10u, bench.Kernel.Sets.Rows["KUBE-CLUSTER-IP"].MaxElements);

        rows.Clear();
        for (ushort i = 1; i <= 11; i++)
        {
            rows.IpSetEntries.Add(IpSetEntry.ForIpPort("KUBE-CLUSTER-IP", InetAddress.Parse("10.96.0.1"), IpProtocol.Tcp, i));
        }
        bench.Slice.Replace("members", rows);
        bench.Sync();

        Assert.Equal("sets Replace KUBE-CLUSTER-IP", bench.Kernel.Log[0]);
        Assert.Equal(16u, bench.Kernel.Sets.Rows["KUBE-CLUSTER-IP"].MaxElements);
        Assert.Equal(11, bench.Slice.CountEntries("KUBE-CLUSTER-IP"));
        Assert.Equal(0, bench.Sync(verify: true).Changes);
    }

    [Fact]
    public void Health_check_ports_are_handed_to_the_host()
    {
        using var bench = new Bench();
        var told = 0;
        bench.Dataplane.HealthCheckPortsChanged += (_, _) => told++;
        bench.Slice.Replace("common", Sample.Common());
        bench.Complete();

        Assert.Equal(30100, Assert.Single(bench.Dataplane.HealthCheckPorts).Port);
        bench.Slice.Remove("common");
        bench.Sync();
        Assert.Empty(bench.Dataplane.HealthCheckPorts);
        Assert.Equal(2, told);
    }

    [Fact]
    public void A_cancelled_sync_leaves_its_work_for_the_next()
    {
        using var bench = new Bench();
        bench.Slice.Replace("common", Sample.Common());
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));
        bench.Dataplane.MarkComplete("ipvs");

        bench.Dataplane.Sync(verify: false, new CancellationToken(canceled: true));
        Assert.Empty(bench.Kernel.VirtualServers.Rows);

        Assert.True(bench.Sync().IsComplete);
        Assert.Single(bench.Kernel.RealServers.Rows);
    }

    private static List<string> Attempts(Bench bench, TimeSpan after)
    {
        bench.Clock.Turn(after);
        bench.Sync();
        return bench.Kernel.Log.FindAll(line => line.StartsWith("virtual servers", StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_kernel_tells_of_our_link_is_looked_at_only_when_it_is_news_and_costs_two_reads()
    {
        using var bench = new Bench();
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));
        bench.Slice.Replace("common", Sample.Common());
        bench.Complete();
        var key = bench.Kernel.Addresses.Rows.Keys.Single();
        var (reads, others) = (bench.Kernel.Addresses.Reads, bench.Kernel.VirtualServers.Reads);
        bench.Kernel.HeardLinks[Bench.Link] = true;
        bench.Kernel.HeardAddresses[key] = true;
        Assert.Equal(0, bench.Sync().Changes);
        Assert.Equal(reads, bench.Kernel.Addresses.Reads);

        bench.Kernel.Addresses.Rows.Remove(key);
        bench.Kernel.HeardAddresses[key] = false;
        var report = bench.Sync();

        Assert.Equal((1, 1), (report.Added, report.Drifted));
        Assert.Contains(key, bench.Kernel.Addresses.Rows.Keys);
        Assert.Equal((reads + 1, others), (bench.Kernel.Addresses.Reads, bench.Kernel.VirtualServers.Reads));
    }
}
