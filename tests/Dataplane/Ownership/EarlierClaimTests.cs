using NetAgent.Contracts;
using NetAgent.Dataplane.Linux;
using NetAgent.Dataplane.Tests.Reconcile;

namespace NetAgent.Dataplane.Tests.Ownership;

/// <summary>A plugin that was configured otherwise while the agent was down has state under names that it does not claim any more.</summary>
public sealed class EarlierClaimTests
{
    private static readonly PluginClaims _before = new()
    {
        Links = ["old0"],
        IpSets = ["OLD-*"],
        Chains = [new("nat", "IP-MASQ-A")],
        Jumps = [new("nat", "POSTROUTING", "IP-MASQ-A")],
        Sysctls = ["net/old"],
        Files = ["/etc/old"],
    };

    private static readonly PluginClaims _now = new() { Chains = [new("nat", "IP-MASQ-B")], Jumps = [new("nat", "POSTROUTING", "IP-MASQ-B")] };

    [Fact]
    public void What_was_claimed_before_goes_with_the_first_complete_sync_and_not_earlier()
    {
        using var bench = Start();
        var dataplane = Reconfigure(bench);

        Assert.Empty(Sync(dataplane).Failed);
        Assert.Equal(["IP-MASQ-A", "IP-MASQ-B"], bench.Kernel.Chains.Rows.Keys.Select(c => c.Name).Order());

        dataplane.MarkComplete("masq");
        Assert.True(Sync(dataplane).IsComplete);
        Assert.Equal(["IP-MASQ-B"], bench.Kernel.Chains.Rows.Keys.Select(c => c.Name));
        Assert.Equal(["-j IP-MASQ-B"], bench.Kernel.Jumps.Rows.Keys.Select(j => j.Rule));
        Assert.Empty(bench.Kernel.Sets.Rows);
        Assert.Empty(bench.Kernel.Entries.Rows);
        Assert.Empty(bench.Kernel.Links.Rows);
        Assert.Empty(bench.Kernel.Addresses.Rows);
        Assert.Empty(bench.Kernel.Files.Rows);
        Assert.Equal("0", bench.Kernel.Sysctls.Rows["net/old"].Value);
        Assert.DoesNotContain("MASQ-A", File.ReadAllText(bench.StateFile), StringComparison.Ordinal);
        Assert.Equal(0, Sync(dataplane).Changes);
    }

    [Fact]
    public void A_run_that_was_never_complete_or_was_refused_hands_the_earlier_claims_on()
    {
        using var bench = Start();
        Sync(Reconfigure(bench));
        var second = Reconfigure(bench);
        bench.Kernel.Chains.AlsoRefuse = change => change.Row.Key.Name == "IP-MASQ-A" ? 16 : 0;
        second.MarkComplete("masq");
        Assert.False(Sync(second).IsComplete);

        bench.Kernel.Chains.AlsoRefuse = _ => 0;
        var third = Reconfigure(bench);
        third.MarkComplete("masq");
        Assert.True(Sync(third).IsComplete);
        Assert.Equal(["IP-MASQ-B"], bench.Kernel.Chains.Rows.Keys.Select(c => c.Name));
    }

    [Fact]
    public void Cleanup_before_that_takes_both()
    {
        using var bench = Start();
        Sync(Reconfigure(bench));

        Assert.True(bench.WithoutPlugins().Cleanup(new(), TestContext.Current.CancellationToken).IsComplete);

        Assert.Empty(bench.Kernel.Chains.Rows);
        Assert.Empty(bench.Kernel.Jumps.Rows);
        Assert.Empty(bench.Kernel.Links.Rows);
    }

    [Fact]
    public void What_another_plugin_claims_now_is_not_taken_from_it()
    {
        using var bench = Start();
        var dataplane = Reconfigure(bench);
        var heir = dataplane.OpenSlice("heir", new() { Links = ["old0"] });
        var rows = new RowSet();
        rows.Links.Add(new("old0"));
        rows.Addresses.Add(new(new("old0", InetAddress.Parse("192.0.2.1")), AddressBinding.Address));
        heir.Replace("a", rows);
        dataplane.MarkComplete("masq");
        dataplane.MarkComplete("heir");

        Assert.True(Sync(dataplane).IsComplete);

        Assert.Single(bench.Kernel.Addresses.Rows);
        Assert.DoesNotContain(bench.Kernel.Log, line => line.Contains("old0", StringComparison.Ordinal));
    }

    [Fact]
    public void Claims_that_change_while_the_agent_runs_leave_nothing_behind()
    {
        using var bench = Start();
        bench.Kernel.Chains.Set(new(new(IpFamily.IPv6, "nat", "IP-MASQ-A"), []));
        var slice = bench.Dataplane.OpenSlice("masq", _now);
        Write(slice, "IP-MASQ-B");
        bench.Sync();

        Assert.Equal(["IP-MASQ-B"], bench.Kernel.Chains.Rows.Keys.Select(c => c.Name));
    }

    private static SyncReport Sync(LinuxDataplane dataplane) => dataplane.Sync(verify: false, TestContext.Current.CancellationToken);

    private static LinuxDataplane Reconfigure(Bench bench)
    {
        var dataplane = bench.WithoutPlugins();
        bench.Kernel.Log.Clear();
        Write(dataplane.OpenSlice("masq", _now), "IP-MASQ-B");
        return dataplane;
    }

    private static Bench Start()
    {
        var bench = new Bench();
        bench.Dataplane.CloseSlice("ipvs", retain: true);
        bench.Kernel.Sysctls.Set(new("net/old", "0"));
        var slice = bench.Dataplane.OpenSlice("masq", _before);
        Write(slice, "IP-MASQ-A", rows =>
        {
            rows.Links.Add(new("old0"));
            rows.Addresses.Add(new(new("old0", InetAddress.Parse("192.0.2.1")), AddressBinding.Address));
            rows.IpSets.Add(new("OLD-SET", IpSetType.HashIp, IpFamily.IPv6) { MaxElements = 10 });
            rows.IpSetEntries.Add(IpSetEntry.ForIp("OLD-SET", InetAddress.Parse("fd00::1")));
            rows.Sysctls.Add(new("net/old", "1"));
            rows.Files.Add(new("/etc/old", "text"));
        });
        bench.Dataplane.MarkComplete("masq");
        Assert.True(bench.Sync().IsComplete);
        return bench;
    }

    private static void Write(ISlice slice, string chain, Action<RowSet>? more = null)
    {
        var rows = new RowSet();
        rows.Chains.Add(new(new(IpFamily.IPv4, "nat", chain), ["-j RETURN"]));
        rows.Jumps.Add(new(new(IpFamily.IPv4, "nat", "POSTROUTING", $"-j {chain}"), JumpPosition.Last));
        more?.Invoke(rows);
        slice.Replace("all", rows);
    }
}
