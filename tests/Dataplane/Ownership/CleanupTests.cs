using NetAgent.Contracts;
using NetAgent.Dataplane.Tests.Reconcile;

namespace NetAgent.Dataplane.Tests.Ownership;

public sealed class CleanupTests
{
    [Fact]
    public void Cleanup_without_plugins_leaves_the_kernel_as_it_was_before_and_may_be_repeated()
    {
        using var bench = new Bench();
        AdoptionTests.AddForeign(bench);
        bench.Kernel.Sysctls.Set(new("net/ipv4/ip_forward", "0"));
        Serve(bench);
        var cleaner = bench.WithoutPlugins();

        var report = cleaner.Cleanup(new(), TestContext.Current.CancellationToken);

        Assert.True(report.IsComplete, string.Join("; ", report.Failed));
        AdoptionTests.AssertForeign(bench);
        Assert.Single(bench.Kernel.VirtualServers.Rows);
        Assert.Single(bench.Kernel.Sets.Rows);
        Assert.Single(bench.Kernel.Chains.Rows);
        Assert.Single(bench.Kernel.Jumps.Rows);
        Assert.Single(bench.Kernel.Links.Rows);
        Assert.Single(bench.Kernel.Addresses.Rows);
        Assert.Empty(bench.Kernel.Files.Rows);
        Assert.Equal("0", bench.Kernel.Sysctls.Rows["net/ipv4/ip_forward"].Value);

        Assert.Equal(0, cleaner.Cleanup(new(), TestContext.Current.CancellationToken).Changes);
        Assert.DoesNotContain("ipvs", File.ReadAllText(bench.StateFile), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_that_an_earlier_agent_left_as_wanted_goes_too_though_the_state_was_lost(bool isSwitchedOff)
    {
        using var bench = new Bench();
        Serve(bench);
        File.Delete(bench.StateFile);
        bench.Restart(crash: true);
        Serve(bench);
        Assert.Single(bench.Kernel.Files.Rows);
        Assert.Equal(0, bench.Sync(verify: true).Changes);

        if (isSwitchedOff)
        {
            bench.Restart();
            bench.Slice.Replace("common", new RowSet());
            bench.Complete();
        }
        else
        {
            bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken);
        }
        Assert.Empty(bench.Kernel.Files.Rows);
    }

    [Fact]
    public void Cleanup_that_is_refused_something_can_be_finished_later()
    {
        using var bench = new Bench();
        Serve(bench);
        var cleaner = bench.WithoutPlugins();
        bench.Kernel.Links.AlsoRefuse = _ => 16;
        Assert.Equal("links", Assert.Single(cleaner.Cleanup(new(), TestContext.Current.CancellationToken).Failed).Table);

        bench.Kernel.Links.AlsoRefuse = _ => 0;
        Assert.True(bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken).IsComplete);
        Assert.Empty(bench.Kernel.Links.Rows);
    }

    [Fact]
    public void Cleanup_of_one_plugin_leaves_the_others()
    {
        using var bench = new Bench();
        Serve(bench);
        var other = bench.Dataplane.OpenSlice("other", new PluginClaims { IpSets = ["MY-*"] });
        var rows = new RowSet();
        rows.IpSets.Add(new("MY-SET", IpSetType.HashIp, IpFamily.IPv4) { MaxElements = 10 });
        other.Replace("a", rows);
        bench.Sync();

        bench.WithoutPlugins().Cleanup(new(Plugin: "ipvs"), TestContext.Current.CancellationToken);

        Assert.Equal(["MY-SET"], bench.Kernel.Sets.Rows.Keys);
    }

    [Fact]
    public void Cleanup_of_kube_proxy_takes_its_chains_sets_link_and_tables_and_leaves_the_kubelets()
    {
        using var bench = new Bench();
        bench.Dataplane.CloseSlice("ipvs", retain: true);
        AdoptionTests.AddForeign(bench);
        foreach (var name in new[] { "KUBE-SERVICES", "KUBE-SVC-ABC", "KUBE-SEP-ABC", "KUBE-MARK-MASQ", "KUBE-KUBELET-CANARY", "KUBE-MARK-DROP" })
        {
            bench.Kernel.Chains.Set(new(new(IpFamily.IPv6, "nat", name), []));
        }
        foreach (var name in new[] { "KUBE-FORWARD", "KUBE-FIREWALL", "KUBE-PROXY-CANARY" })
        {
            bench.Kernel.Chains.Set(new(new(IpFamily.IPv4, "filter", name), []));
        }
        bench.Kernel.Chains.Set(new(new(IpFamily.IPv4, "mangle", "KUBE-IPTABLES-HINT"), []));
        bench.Kernel.Jumps.Set(new(new(IpFamily.IPv4, "filter", "INPUT", "-j KUBE-FIREWALL"), JumpPosition.First));
        bench.Kernel.Jumps.Set(new(new(IpFamily.IPv4, "filter", "FORWARD", "-m comment --comment \"x\" -j KUBE-FORWARD"), JumpPosition.First));
        bench.Kernel.Sets.Set(new("KUBE-6-CLUSTER-IP", IpSetType.HashIpPort, IpFamily.IPv6) { MaxElements = 65536 });
        bench.Kernel.Links.Set(new("kube-ipvs0"));
        bench.Kernel.Addresses.Set(Sample.Bound("10.96.0.1"));
        bench.Kernel.VirtualServers.Set(Sample.Server("10.96.0.1"));

        var report = bench.WithoutPlugins().Cleanup(new(KubeProxy: true), TestContext.Current.CancellationToken);

        Assert.True(report.IsComplete, string.Join("; ", report.Failed));
        AdoptionTests.AssertForeign(bench);
        Assert.Equal(
            ["DOCKER", "KUBE-FIREWALL", "KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY", "KUBE-MARK-DROP"],
            bench.Kernel.Chains.Rows.Keys.Select(c => c.Name).Order());
        Assert.Contains(bench.Kernel.Jumps.Rows.Keys, j => j.Rule == "-j KUBE-FIREWALL");
        Assert.Equal(2, bench.Kernel.Jumps.Rows.Count);
        Assert.Single(bench.Kernel.Sets.Rows);
        Assert.Single(bench.Kernel.VirtualServers.Rows);
        Assert.Single(bench.Kernel.Links.Rows);
        Assert.Contains("nft delete table ip6 kube-proxy", bench.Kernel.ToolRuns);
    }

    [Theory]
    [InlineData("KUBE-6-LOAD-BALANCER-SOURCE-CID")]
    [InlineData("KUBE-6-NODE-PORT-LOCAL-SCTP-HAS")]
    [InlineData("KUBE-6-NODE-PORT-SCTP-HASH")]
    public void Cleanup_of_kube_proxy_takes_sets_whose_names_it_had_to_cut(string name)
    {
        using var bench = new Bench();
        bench.Dataplane.CloseSlice("ipvs", retain: true);
        bench.Kernel.Sets.Set(new(name, IpSetType.HashIpPort, IpFamily.IPv6) { MaxElements = 65536 });

        bench.WithoutPlugins().Cleanup(new(KubeProxy: true), TestContext.Current.CancellationToken);

        Assert.Empty(bench.Kernel.Sets.Rows);
    }

    [Fact]
    public void A_closed_slice_takes_its_state_along_or_leaves_it()
    {
        using var bench = new Bench();
        Serve(bench);
        bench.Dataplane.CloseSlice("ipvs", retain: true);
        Assert.Equal(0, bench.Sync(verify: true).Changes);
        Assert.Single(bench.Kernel.VirtualServers.Rows);

        var slice = bench.Dataplane.OpenSlice("ipvs", Bench.Claims);
        Assert.Throws<InvalidOperationException>(() => bench.Slice.Replace("a", new RowSet()));
        slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));
        bench.Sync();
        bench.Dataplane.CloseSlice("ipvs", retain: false);
        Assert.True(bench.Sync().IsComplete);
        Assert.Empty(bench.Kernel.VirtualServers.Rows);
        Assert.Empty(bench.Kernel.Sets.Rows);
    }

    [Fact]
    public void State_passes_from_a_leaving_plugin_to_the_next_without_a_gap()
    {
        using var bench = new Bench();
        Serve(bench);
        bench.Dataplane.CloseSlice("ipvs", retain: false);
        var heir = bench.Dataplane.OpenSlice("ipvs2", Bench.Claims);
        heir.Replace("common", Sample.Common());
        heir.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));
        bench.Dataplane.MarkComplete("ipvs2");

        Assert.Equal(0, bench.Sync().Changes);
    }

    private static void Serve(Bench bench)
    {
        bench.Slice.Replace("common", Sample.Common());
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));
        bench.Complete();
    }
}
