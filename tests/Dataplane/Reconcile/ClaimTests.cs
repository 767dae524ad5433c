using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Reconcile;

public sealed class ClaimTests
{
    private const string Sysctl = "net/ipv4/vs/conn_reuse_mode";

    [Fact]
    public void The_older_of_two_claims_holds_and_the_younger_takes_over_when_it_leaves()
    {
        using var bench = new Bench();
        bench.Kernel.Sysctls.Set(new(Sysctl, "9"));
        Want(bench, "old", "0");
        Want(bench, "young", "1");

        var report = bench.Complete();

        Assert.Equal("0", bench.Kernel.Sysctls.Rows[Sysctl].Value);
        var conflict = Assert.Single(report.Failed);
        Assert.Equal(("conflict", Sysctl, "ipvs"), (conflict.Operation, conflict.Key, conflict.Plugin));
        Assert.Contains("'old'", conflict.Reason, StringComparison.Ordinal);
        Assert.Contains("'young'", conflict.Reason, StringComparison.Ordinal);
        Assert.Contains(bench.Dataplane.Status.Notices, n => n.Notice.Reason == "Conflict");

        Want(bench, "old", "0");
        Assert.Equal(0, bench.Sync().Changes);

        bench.Slice.Remove("old");
        Assert.True(bench.Sync().IsComplete);
        Assert.Equal("1", bench.Kernel.Sysctls.Rows[Sysctl].Value);
    }

    [Fact]
    public void A_scope_written_again_with_another_value_keeps_its_age()
    {
        using var bench = new Bench();
        bench.Kernel.Sysctls.Set(new(Sysctl, "9"));
        Want(bench, "old", "1");
        Want(bench, "young", "1");
        Assert.True(bench.Complete().IsComplete);

        Want(bench, "old", "0");

        Assert.Single(bench.Sync().Failed);
        Assert.Equal("0", bench.Kernel.Sysctls.Rows[Sysctl].Value);
    }

    [Fact]
    public void A_row_that_two_scopes_want_alike_stays_until_both_leave()
    {
        using var bench = new Bench();
        bench.Slice.Replace("common", Sample.Common());
        var rows = new RowSet();
        rows.Addresses.Add(Sample.Bound("10.96.0.1"));
        bench.Slice.Replace("a", rows);
        bench.Slice.Replace("b", rows);
        Assert.True(bench.Complete().IsComplete);

        bench.Slice.Remove("a");
        Assert.Equal(0, bench.Sync().Changes);
        bench.Slice.Remove("b");
        Assert.Equal(1, bench.Sync().Removed);
    }

    [Fact]
    public void Two_services_that_want_one_address_do_not_share_its_connections()
    {
        using var bench = new Bench();
        bench.Slice.Replace("common", Sample.Common());
        bench.Slice.Replace("victim", Sample.Service("10.96.0.1", ["10.244.0.5"]));
        bench.Complete();
        bench.Slice.Replace("thief", Sample.Service("10.96.0.1", ["10.244.0.66"]));
        bench.Sync();
        Assert.Equal(["10.244.0.5"], RealServers(bench));

        bench.Slice.Remove("victim");
        bench.Sync();
        Assert.Equal(["10.244.0.66"], RealServers(bench));

        bench.Slice.Replace("victim", Sample.Service("10.96.0.1", ["10.244.0.5"]));
        bench.Sync();
        Assert.Equal(["10.244.0.66"], RealServers(bench));
        Assert.Equal(0, bench.Sync(verify: true).Changes);
    }

    [Fact]
    public void Two_services_that_want_one_virtual_server_alike_are_a_conflict_that_names_both()
    {
        using var bench = new Bench();
        bench.Slice.Replace("common", Sample.Common());
        bench.Slice.Replace("svc/default/first", Sample.Service("198.18.0.1", ["10.244.0.5"]));
        bench.Slice.Replace("svc/default/second", Sample.Service("198.18.0.1", ["10.244.0.66"]));

        var conflict = Assert.Single(bench.Complete().Failed);

        Assert.Equal(("conflict", "virtual servers", "ipvs"), (conflict.Operation, conflict.Table, conflict.Plugin));
        Assert.Contains("198.18.0.1:80", conflict.Key, StringComparison.Ordinal);
        Assert.Contains("'svc/default/first'", conflict.Reason, StringComparison.Ordinal);
        Assert.Contains("'svc/default/second'", conflict.Reason, StringComparison.Ordinal);
        Assert.Contains(bench.Dataplane.Status.Notices, n => n.Notice.Reason == "Conflict" && n.Notice.Message.Contains("198.18.0.1:80", StringComparison.Ordinal));
        bench.Slice.Remove("svc/default/second");
        Assert.True(bench.Sync().IsComplete);
    }

    [Fact]
    public void The_scope_that_had_a_virtual_server_keeps_it_over_a_restart()
    {
        using var bench = new Bench();
        bench.Slice.Replace("common", Sample.Common());
        bench.Slice.Replace("b", Sample.Service("10.96.0.1", ["10.244.0.5", "10.244.0.6"]));
        bench.Complete();
        bench.Slice.Replace("a", Sample.Service("10.96.0.1", ["10.244.0.66"]));
        bench.Sync();
        Assert.Equal(["10.244.0.5", "10.244.0.6"], RealServers(bench));

        bench.Restart();
        bench.Slice.Replace("common", Sample.Common());
        bench.Slice.Replace("a", Sample.Service("10.96.0.1", ["10.244.0.66"]));
        bench.Slice.Replace("b", Sample.Service("10.96.0.1", ["10.244.0.5", "10.244.0.7"]));
        bench.Complete();
        Assert.Equal(["10.244.0.5", "10.244.0.7"], RealServers(bench));

        bench.Slice.Remove("b");
        bench.Sync();
        Assert.Equal(["10.244.0.66"], RealServers(bench));
    }

    [Fact]
    public void Where_the_kernel_holds_nothing_the_first_by_name_gets_a_virtual_server()
    {
        using var bench = new Bench();
        bench.Slice.Replace("common", Sample.Common());
        bench.Slice.Replace("b", Sample.Service("10.96.0.1", ["10.244.0.5"], scheduler: "wrr"));
        bench.Slice.Replace("a", Sample.Service("10.96.0.1", ["10.244.0.66", "10.244.0.67"]));
        bench.Complete();

        Assert.Equal(["10.244.0.66", "10.244.0.67"], RealServers(bench));
        Assert.Equal("rr", bench.Kernel.VirtualServers.Rows[Sample.Key("10.96.0.1")].Scheduler);
    }

    [Fact]
    public void A_row_outside_the_claims_leaves_the_scope_as_it_was()
    {
        using var bench = new Bench();
        Want(bench, "a", "1");
        var rows = new RowSet();
        rows.Sysctls.Add(new(Sysctl, "0"));
        rows.Sysctls.Add(new("net/ipv6/conf/all/forwarding", "1"));

        var error = Assert.Throws<ClaimViolationException>(() => bench.Slice.Replace("a", rows));

        Assert.Contains("plugin ipvs, scope 'a': sysctl net/ipv6/conf/all/forwarding", error.Message, StringComparison.Ordinal);
        bench.Complete();
        Assert.Equal("1", bench.Kernel.Sysctls.Rows[Sysctl].Value);
    }

    [Fact]
    public void A_plugin_that_claims_what_another_has_is_refused_by_name()
    {
        using var bench = new Bench();

        var error = Assert.Throws<ClaimConflictException>(
            () => bench.Dataplane.OpenSlice("other", new PluginClaims { IpSets = ["KUBE-CLUSTER-IP"] }));

        Assert.Equal(
            "plugin other claims set KUBE-CLUSTER-IP (here KUBE-*), which plugin ipvs has claimed; disable one of them or give it other names",
            error.Message);
        Assert.NotNull(bench.Dataplane.OpenSlice("third", new PluginClaims { IpSets = ["MY-*"], Chains = [new("filter", "KUBE-X")] }));
    }

    [Fact]
    public void A_row_given_twice_with_different_values_counts_as_first_given_and_is_reported()
    {
        using var bench = new Bench();
        bench.Kernel.Sysctls.Set(new(Sysctl, "9"));
        var rows = new RowSet();
        rows.Sysctls.Add(new(Sysctl, "0"));
        rows.Sysctls.Add(new(Sysctl, "1"));
        bench.Slice.Replace("a", rows);
        bench.Complete();

        Assert.Equal("0", bench.Kernel.Sysctls.Rows[Sysctl].Value);
        Assert.Contains(bench.Dataplane.Status.Notices, n => n.Notice.Reason == "DuplicateRow");
    }

    [Fact]
    public void Members_of_a_set_are_counted_once_however_many_scopes_want_them()
    {
        using var bench = new Bench();
        var rows = new RowSet();
        rows.IpSetEntries.Add(IpSetEntry.ForPort("KUBE-P", 1));
        rows.IpSetEntries.Add(IpSetEntry.ForPort("KUBE-P", 2));
        bench.Slice.Replace("a", rows);
        rows.IpSetEntries.RemoveAt(1);
        bench.Slice.Replace("b", rows);
        Assert.Equal(2, bench.Slice.CountEntries("KUBE-P"));

        bench.Slice.Remove("a");
        Assert.Equal(1, bench.Slice.CountEntries("KUBE-P"));
        bench.Slice.Remove("b");
        Assert.Equal(0, bench.Slice.CountEntries("KUBE-P"));
        Assert.Empty(bench.Slice.Scopes);
    }

    private static void Want(Bench bench, string scope, string value)
    {
        var rows = new RowSet();
        rows.Sysctls.Add(new(Sysctl, value));
        bench.Slice.Replace(scope, rows);
    }

    private static string[] RealServers(Bench bench) => [.. bench.Kernel.RealServers.Rows.Keys.Select(k => k.Address.ToString()).Order()];
}
