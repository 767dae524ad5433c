using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Reconcile;

public sealed class DrainTests
{
    private static readonly VirtualServerKey Server = Sample.Key("10.96.0.1");
    private static readonly RealServerKey Leaving = Sample.Real(Server, "10.244.0.6").Key;

    [Fact]
    public void A_real_server_with_connections_takes_no_new_ones_and_leaves_when_they_end()
    {
        using var bench = Serving(IpProtocol.Tcp);
        bench.Kernel.Connections[Leaving] = new(3, 1);

        var report = Shrink(bench, IpProtocol.Tcp);

        Assert.Equal(1, report.Draining);
        Assert.Equal(0, bench.Kernel.RealServers.Rows[Leaving].Weight);
        Assert.Equal(0, bench.Sync(verify: true).Changes);

        bench.Kernel.Connections[Leaving] = new(0, 1);
        Assert.Equal(0, Later(bench).Changes);
        bench.Kernel.Connections.Clear();
        Assert.Equal(1, Later(bench).Removed);
        Assert.DoesNotContain(Leaving, bench.Kernel.RealServers.Rows.Keys);
        Assert.Equal(0, bench.Dataplane.Status.Draining);
    }

    [Fact]
    public void Draining_wakes_the_loop_every_second_and_asks_only_about_servers_that_drain()
    {
        using var bench = Serving(IpProtocol.Tcp);
        bench.Slice.Replace("other", Sample.Service("10.96.0.2", ["10.244.0.5"]));
        bench.Kernel.Connections[Leaving] = new(1, 0);
        Shrink(bench, IpProtocol.Tcp);
        bench.Kernel.Counted.Clear();

        bench.Clock.Turn(TimeSpan.FromSeconds(1));
        Assert.True(bench.Dataplane.Events.TryRead(out var due));
        Assert.Equal(KernelEvent.Due, due);
        bench.Sync();
        bench.Sync();

        Assert.Equal([Server], bench.Kernel.Counted);
    }

    [Fact]
    public void A_drain_ends_at_its_limit()
    {
        using var bench = Serving(IpProtocol.Tcp);
        bench.Kernel.Connections[Leaving] = new(1, 0);
        Shrink(bench, IpProtocol.Tcp);

        Assert.Equal(0, Later(bench, bench.Options.DrainLimit - TimeSpan.FromSeconds(1)).Removed);
        Assert.Equal(1, Later(bench).Removed);
    }

    [Fact]
    public void Without_a_limit_a_drain_lasts_as_long_as_its_connections()
    {
        using var bench = new Bench();
        bench.Options = bench.Options with { DrainLimit = TimeSpan.Zero };
        bench.Restart();
        Serve(bench, IpProtocol.Tcp);
        bench.Kernel.Connections[Leaving] = new(1, 0);
        Shrink(bench, IpProtocol.Tcp);

        Assert.Equal(0, Later(bench, TimeSpan.FromDays(7)).Removed);
        Assert.Equal(1, bench.Dataplane.Status.Draining);
    }

    [Fact]
    public void A_draining_real_server_that_is_wanted_again_gets_its_weight_back_in_place()
    {
        using var bench = Serving(IpProtocol.Tcp);
        bench.Kernel.Connections[Leaving] = new(1, 0);
        Shrink(bench, IpProtocol.Tcp);
        bench.Kernel.RealServers.Changes.Clear();

        Serve(bench, IpProtocol.Tcp);

        var change = Assert.Single(bench.Kernel.RealServers.Changes);
        Assert.Equal((RowChangeKind.Replace, 1, 0), (change.Kind, change.Row.Weight, change.Before.Weight));
        Assert.Equal(0, Later(bench, TimeSpan.FromHours(1)).Changes);
        Assert.Equal(0, bench.Dataplane.Status.Draining);
    }

    [Fact]
    public void An_idle_real_server_leaves_at_once()
    {
        using var bench = Serving(IpProtocol.Tcp);

        var report = Shrink(bench, IpProtocol.Tcp);

        Assert.Equal((1, 0), (report.Removed, report.Draining));
    }

    [Fact]
    public void A_real_server_whose_connections_cannot_be_counted_drains()
    {
        using var bench = Serving(IpProtocol.Tcp);
        bench.Kernel.CountingFails = true;

        var report = Shrink(bench, IpProtocol.Tcp);

        Assert.Equal(1, report.Draining);
        Assert.Single(report.ReadFailures);
    }

    [Theory]
    [InlineData(IpProtocol.Udp, 0)]
    [InlineData(IpProtocol.Sctp, 1)]
    public void Sctp_drains_while_it_has_connections_and_Udp_never(IpProtocol protocol, int draining)
    {
        using var bench = Serving(protocol);
        bench.Kernel.Connections[Sample.Real(Sample.Key("10.96.0.1", 80, protocol), "10.244.0.6").Key] = new(1, 0);

        Assert.Equal(draining, Shrink(bench, protocol).Draining);
    }

    [Fact]
    public void A_virtual_server_takes_its_draining_real_servers_with_it()
    {
        using var bench = Serving(IpProtocol.Tcp);
        bench.Kernel.Connections[Leaving] = new(1, 0);
        Shrink(bench, IpProtocol.Tcp);

        bench.Slice.Remove("svc");
        bench.Sync();

        Assert.Empty(bench.Kernel.RealServers.Rows);
        Assert.Equal(0, bench.Dataplane.Status.Draining);
        bench.Kernel.Counted.Clear();
        Assert.Equal(0, Later(bench).Changes);
        Assert.Empty(bench.Kernel.Counted);
    }

    [Fact]
    public void A_leftover_at_weight_0_is_taken_as_draining_after_a_restart()
    {
        using var bench = Serving(IpProtocol.Tcp);
        bench.Kernel.RealServers.Set(new(Leaving, 0));
        bench.Kernel.Connections[Leaving] = new(1, 0);
        bench.Restart();

        var report = ServeOne(bench, IpProtocol.Tcp, complete: true);

        Assert.Equal((0, 1), (report.Changes, report.Draining));
        bench.Kernel.Connections.Clear();
        Assert.Equal(1, Later(bench).Removed);
    }

    [Fact]
    public void Who_gives_a_draining_real_server_weight_again_is_put_right_and_does_not_prolong_it()
    {
        using var bench = Serving(IpProtocol.Tcp);
        bench.Kernel.Connections[Leaving] = new(1, 0);
        Shrink(bench, IpProtocol.Tcp);
        bench.Clock.Turn(bench.Options.DrainLimit - TimeSpan.FromSeconds(5));
        bench.Kernel.RealServers.Set(new(Leaving, 1));

        Assert.Equal(1, bench.Sync(verify: true).Drifted);
        Assert.Equal(0, bench.Kernel.RealServers.Rows[Leaving].Weight);
        Assert.Equal(1, Later(bench, TimeSpan.FromSeconds(5)).Removed);
    }

    [Fact]
    public void Udp_clients_of_a_gone_real_server_are_freed_in_one_purge_that_names_those_that_stay()
    {
        using var bench = Serving(IpProtocol.Udp);
        bench.Slice.Replace("two", Sample.Service("10.96.0.2", ["10.244.0.5"], IpProtocol.Udp));
        bench.Sync();
        bench.Kernel.Purges.Clear();

        bench.Slice.Replace("two", Sample.Service("10.96.0.2", [], IpProtocol.Udp));
        Shrink(bench, IpProtocol.Udp);

        var purge = Assert.Single(bench.Kernel.Purges).OrderBy(s => s.Key.Address).ToArray();
        Assert.Equal(["10.96.0.1", "10.96.0.2"], purge.Select(s => s.Key.Address.ToString()));
        Assert.Equal("10.244.0.5", Assert.Single(purge[0].RealServers).Address.ToString());
        Assert.Empty(purge[1].RealServers);
        Assert.Equal(0, bench.Sync().Changes);
        Assert.Single(bench.Kernel.Purges);
    }

    [Fact]
    public void A_purge_that_fails_is_asked_for_again()
    {
        using var bench = Serving(IpProtocol.Udp);
        bench.Kernel.Purges.Clear();
        bench.Kernel.PurgingFails = true;
        Assert.Equal("conntrack entries", Assert.Single(Shrink(bench, IpProtocol.Udp).Failed).Table);

        bench.Kernel.PurgingFails = false;
        Assert.True(Later(bench).IsComplete);
        Assert.Single(bench.Kernel.Purges);
    }

    private static Bench Serving(IpProtocol protocol)
    {
        var bench = new Bench();
        Serve(bench, protocol);
        return bench;
    }

    private static void Serve(Bench bench, IpProtocol protocol)
    {
        bench.Slice.Replace("common", Sample.Common());
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5", "10.244.0.6"], protocol));
        Assert.True(bench.Complete().IsComplete);
    }

    private static SyncReport ServeOne(Bench bench, IpProtocol protocol, bool complete)
    {
        bench.Slice.Replace("common", Sample.Common());
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"], protocol));
        return complete ? bench.Complete() : bench.Sync();
    }

    private static SyncReport Shrink(Bench bench, IpProtocol protocol) => ServeOne(bench, protocol, complete: false);

    private static SyncReport Later(Bench bench, TimeSpan? by = null)
    {
        bench.Clock.Turn(by ?? TimeSpan.FromSeconds(1));
        return bench.Sync();
    }
}
