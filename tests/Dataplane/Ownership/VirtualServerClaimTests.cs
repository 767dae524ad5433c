using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Tests.Reconcile;
using NetAgent.TestKit;

namespace NetAgent.Dataplane.Tests.Ownership;

/// <summary>IPVS can be shared: two plugins each own the virtual servers of a range or of a set.</summary>
public sealed class VirtualServerClaimTests
{
    private static readonly VirtualServerClaim _ten = VirtualServerClaim.Within(InetPrefix.Parse("10.0.0.0/8"));
    private static readonly VirtualServerClaim _inSet = VirtualServerClaim.InSet("ACME");

    public static TheoryData<VirtualServerClaim, VirtualServerClaim, string?> Overlaps => new()
    {
        { VirtualServerClaim.All, VirtualServerClaim.All, "virtual servers of any address" },
        { VirtualServerClaim.All, _ten, "virtual servers of any address (here in 10.0.0.0/8)" },
        { _inSet, VirtualServerClaim.All, "virtual servers of set ACME (here of any address)" },
        { _ten, VirtualServerClaim.Within(InetPrefix.Parse("10.96.0.0/12")), "virtual servers in 10.0.0.0/8 (here in 10.96.0.0/12)" },
        { VirtualServerClaim.Within(InetPrefix.Parse("10.96.0.0/12")), _ten, "virtual servers in 10.96.0.0/12 (here in 10.0.0.0/8)" },
        { _ten, VirtualServerClaim.Within(InetPrefix.Parse("192.0.2.0/24")), null },
        { _ten, VirtualServerClaim.Within(InetPrefix.Parse("fd00::/8")), null },
        { _inSet, _inSet, "virtual servers of set ACME" },
        { _inSet, VirtualServerClaim.InSet("OTHER"), null },
        { _inSet, _ten, null },
    };

    [Theory]
    [MemberData(nameof(Overlaps))]
    public void Claims_that_may_name_one_address_overlap(VirtualServerClaim left, VirtualServerClaim right, string? overlap) =>
        Assert.Equal(overlap, ClaimOverlap.Find(new() { VirtualServers = [left] }, new() { VirtualServers = [right] }));

    [Fact]
    public void The_timeouts_are_one_claim_for_the_node()
    {
        var both = new PluginClaims { IpvsTimeouts = true };
        Assert.Equal("the IPVS timeouts", ClaimOverlap.Find(both, both));
        Assert.Null(ClaimOverlap.Find(both, new() { VirtualServers = [VirtualServerClaim.All] }));
    }

    [Fact]
    public void In_a_claimed_range_what_the_plugin_does_not_want_goes_and_nothing_outside_it()
    {
        using var bench = new Bench(claims: new() { VirtualServers = [_ten] });
        foreach (var address in (ReadOnlySpan<string>)["10.0.0.9", "192.0.2.9"])
        {
            bench.Kernel.VirtualServers.Set(Sample.Server(address));
            bench.Kernel.RealServers.Set(Sample.Real(Sample.Key(address), "10.244.0.9"));
        }
        bench.Slice.Replace("a", Rows("10.0.0.1"));

        Assert.True(bench.Complete().IsComplete);

        Assert.Equal(["10.0.0.1", "192.0.2.9"], Servers(bench));
        Assert.Contains("real server 192.0.2.1:80/TCP -> 10.244.0.5:8080 lies outside the plugin's claims; PluginClaims.VirtualServers",
            Assert.Throws<ClaimViolationException>(() => bench.Slice.Replace("b", Real("192.0.2.1"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_plugins_share_IPVS_and_neither_takes_what_is_the_others()
    {
        using var bench = new Bench(claims: new() { VirtualServers = [_ten] });
        var other = bench.Dataplane.OpenSlice("other", new() { VirtualServers = [VirtualServerClaim.Within(InetPrefix.Parse("192.0.2.0/24"))] });
        bench.Slice.Replace("a", Rows("10.0.0.1"));
        other.Replace("a", Rows("192.0.2.1"));
        other.Replace("b", Rows("192.0.2.2"));
        bench.Dataplane.MarkComplete("other");
        Assert.True(bench.Complete().IsComplete);
        Assert.Equal(["10.0.0.1", "192.0.2.1", "192.0.2.2"], Servers(bench));

        other.Remove("b");
        Assert.True(bench.Sync(verify: true).IsComplete);
        Assert.Equal(["10.0.0.1", "192.0.2.1"], Servers(bench));

        bench.Dataplane.CloseSlice("ipvs", retain: false);
        Assert.True(bench.Sync().IsComplete);
        Assert.Equal(["192.0.2.1"], Servers(bench));
    }

    [Fact]
    public void A_virtual_server_claimed_by_its_set_is_known_again_when_the_state_file_is_lost()
    {
        using var bench = new Bench(claims: new() { VirtualServers = [_inSet], IpSets = ["ACME"] });
        bench.Slice.Replace("set", Set());
        bench.Slice.Replace("a", Member("192.0.2.1"));
        bench.Slice.Replace("b", Member("192.0.2.2"));
        bench.Kernel.VirtualServers.Set(Sample.Server("192.0.2.9"));
        Assert.True(bench.Complete().IsComplete);
        Assert.Equal(["192.0.2.1", "192.0.2.2", "192.0.2.9"], Servers(bench));

        File.Delete(bench.StateFile);
        bench.Restart(crash: true);
        bench.Slice.Replace("set", Set());
        bench.Slice.Replace("a", Member("192.0.2.1"));
        Assert.True(bench.Complete().IsComplete);

        Assert.Equal(["192.0.2.1", "192.0.2.9"], Servers(bench));
        Assert.Equal(["192.0.2.1"], bench.Kernel.Entries.Rows.Keys.Select(entry => entry.Address.ToString()));
    }

    [Fact]
    public void A_scope_that_wants_a_virtual_server_and_not_its_member_of_the_claimed_set_is_refused()
    {
        using var bench = new Bench(claims: new() { VirtualServers = [_inSet], IpSets = ["ACME"] });
        var otherPort = Member("192.0.2.1");
        otherPort.VirtualServers.Add(Sample.Server("192.0.2.1", 81));

        Assert.Contains("virtual server 192.0.2.1:81/TCP lies outside", Refused(bench.Slice, otherPort).Message, StringComparison.Ordinal);
        Assert.Contains("virtual server 192.0.2.1:80/TCP lies outside", Refused(bench.Slice, Rows("192.0.2.1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_are_on_record_so_that_what_a_plugin_left_can_be_taken_back_without_it()
    {
        using var bench = new Bench(claims: new() { VirtualServers = [_ten, _inSet], IpSets = ["ACME"] });
        bench.Slice.Replace("a", Rows("10.0.0.1"));
        bench.Complete();
        bench.WithoutPlugins();
        bench.Kernel.VirtualServers.Set(Sample.Server("192.0.2.9"));

        bench.Dataplane.CloseSlice("ipvs", retain: false);
        bench.Sync();

        Assert.Equal(["192.0.2.9"], Servers(bench));
    }

    [Fact]
    public void A_record_from_before_there_were_parts_claims_all()
    {
        using var bench = new Bench(claims: new() { VirtualServers = [_ten] });
        bench.Slice.Replace("a", Rows("10.0.0.1"));
        bench.Complete();
        bench.Dataplane.Dispose();
        File.WriteAllText(bench.StateFile, File.ReadAllText(bench.StateFile)
            .Replace("virtualServerParts", "later", StringComparison.Ordinal)
            .Replace("10.0.0.1:80/TCP", "192.0.2.9:80/TCP", StringComparison.Ordinal));
        bench.WithoutPlugins();
        bench.Kernel.VirtualServers.Set(Sample.Server("192.0.2.9"));

        bench.Dataplane.CloseSlice("ipvs", retain: false);
        bench.Sync();

        Assert.Equal(["10.0.0.1"], Servers(bench));
    }

    [Fact]
    public void The_slice_for_plugins_tests_refuses_in_the_same_words_what_this_one_refuses()
    {
        using var bench = new Bench();
        var other = new InMemorySlice();
        foreach (var kind in (ReadOnlySpan<Action<RowSet>>)
        [
            rows => rows.Sysctls.Add(new("net/x", "1")),
            rows => rows.IpvsTimeouts.Add(new(1, 1, 1)),
            rows => rows.Links.Add(new("x0")),
            rows => rows.Addresses.Add(new(new("x0", InetAddress.Parse("192.0.2.1")), AddressBinding.Address)),
            rows => rows.IpSets.Add(new("X", IpSetType.HashIp, IpFamily.IPv4)),
            rows => rows.IpSetEntries.Add(IpSetEntry.ForPort("X", 1)),
            rows => rows.Chains.Add(new(new(IpFamily.IPv4, "nat", "X"), [])),
            rows => rows.Jumps.Add(new(new(IpFamily.IPv4, "nat", "OUTPUT", "-j X"), JumpPosition.First)),
            rows => rows.VirtualServers.Add(Sample.Server("192.0.2.1")),
            rows => rows.RealServers.Add(Sample.Real(Sample.Key("192.0.2.1"), "10.244.0.5")),
            rows => rows.Files.Add(new("/x", "")),
            rows => rows.HealthCheckPorts.Add(new(1, new("default", "x"))),
        ])
        {
            var rows = new RowSet();
            kind(rows);
            var slice = bench.Dataplane.OpenSlice("none", PluginClaims.None);
            Assert.Equal($"plugin none, {Refused(other, rows).Message}", Refused(slice, rows).Message);
        }
        other.Claims = Bench.Claims;
        other.Replace("common", Sample.Common());
        Assert.Equal(["common"], other.Scopes);
        Assert.Equal(1, other.CountEntries("KUBE-CLUSTER-IP"));
    }

    private static ClaimViolationException Refused(ISlice slice, RowSet rows) =>
        Assert.Throws<ClaimViolationException>(() => slice.Replace("refused", rows));

    private static IEnumerable<string> Servers(Bench bench) => bench.Kernel.VirtualServers.Rows.Keys.Select(key => key.Address.ToString()).Order();

    private static RowSet Set()
    {
        var rows = new RowSet();
        rows.IpSets.Add(new("ACME", IpSetType.HashIpPort, IpFamily.IPv4) { MaxElements = 65536 });
        return rows;
    }

    private static RowSet Member(string address)
    {
        var rows = Rows(address);
        rows.IpSetEntries.Add(IpSetEntry.ForIpPort("ACME", InetAddress.Parse(address), IpProtocol.Tcp, 80));
        return rows;
    }

    private static RowSet Rows(string address)
    {
        var rows = Real(address);
        rows.VirtualServers.Add(Sample.Server(address));
        return rows;
    }

    private static RowSet Real(string address)
    {
        var rows = new RowSet();
        rows.RealServers.Add(Sample.Real(Sample.Key(address), "10.244.0.5"));
        return rows;
    }
}
