using NetAgent.Contracts;
using NetAgent.Dataplane.Tables;
using NetAgent.Dataplane.Tests.Reconcile;

namespace NetAgent.Dataplane.Tests.Policies;

public sealed class FamilySwitchTests
{
    private static readonly IPv6Facts On = new() { Links = Links(eth0: true, ipvs: true) };

    private static readonly Dictionary<string, (IPv6Facts Facts, string Says)> Ways = new()
    {
        { "a kernel without", (new() { HasStack = false, Links = Links(false, false), IsOnForNewLinks = true }, "this kernel has no IPv6") },
        { "every link", (new() { Links = Links(false, false), IsOnForNewLinks = false }, "switched off on every interface of this node that leads anywhere (eth0: ") },
        { "every link but kube-ipvs0", (new() { Links = Links(false, true), IsOnForNewLinks = false }, "switched off on every interface of this node that leads anywhere (eth0: ") },
        { "kube-ipvs0 alone", (new() { Links = Links(true, false) }, "sysctl -w net.ipv6.conf.kube-ipvs0.disable_ipv6=0") },
        { "ip6tables without nat", (On with { MissingTables = new Dictionary<string, string> { ["nat"] = "modprobe ip6table_nat" } }, "modprobe ip6table_nat") },
    };

    public static TheoryData<string> Names => [.. Ways.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_family_that_is_off_is_left_out_with_one_notice_and_taken_up_when_it_is_on(string way)
    {
        using var bench = Filled();
        bench.Kernel.IPv6 = Ways[way].Facts;

        var report = bench.Complete();

        Assert.True(report.IsComplete, string.Join("; ", report.Failed));
        Assert.Equal(["IPv4"], Families(bench));
        var notice = Assert.Single(bench.Dataplane.Status.Notices).Notice;
        Assert.Equal((Severity.Warning, "FamilyOff"), (notice.Severity, notice.Reason));
        Assert.Contains(Ways[way].Says, notice.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Dataplane.Plan().Changes);

        bench.Kernel.IPv6 = On;
        Assert.True(bench.Dataplane.ProbeDrift());
        Assert.True(bench.Sync().IsComplete);
        Assert.Equal(["IPv4", "IPv6"], Families(bench));
        Assert.Empty(bench.Dataplane.Status.Notices);
        Assert.All(bench.Dataplane.Status.Tables, table => Assert.Equal(0, table.SwitchedOff));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Switched_off_while_it_is_served_it_leaves_the_kernel_clean_and_the_other_family_as_it_was(string way)
    {
        using var bench = Filled();
        bench.Kernel.IPv6 = On;
        bench.Complete();
        Assert.Equal(["IPv4", "IPv6"], Families(bench));
        // The kernel takes its addresses along.
        bench.Kernel.Addresses.RemoveWhere(row => row.Key.Address.Family == IpFamily.IPv6);
        bench.Kernel.IPv6 = Ways[way].Facts;

        Assert.True(bench.Dataplane.ProbeDrift());
        var report = bench.Sync();

        Assert.True(report.IsComplete, string.Join("; ", report.Failed));
        Assert.Equal(["IPv4"], Families(bench));
        Assert.DoesNotContain(bench.Kernel.Log, line => line.Contains("Add", StringComparison.Ordinal) || line.Contains("10.96.0.1", StringComparison.Ordinal));
        bench.Restart();
        Fill(bench);
        Assert.Equal(0, bench.Complete().Changes);
    }

    [Fact]
    public void Addresses_that_go_with_the_switch_are_not_asked_for_again()
    {
        using var bench = Filled();
        bench.Kernel.IPv6 = On;
        bench.Complete();
        var address = Sample.Bound("fd00::1").Key;
        bench.Kernel.Addresses.Rows.Remove(address);
        bench.Kernel.HeardAddresses[address] = false;
        bench.Kernel.IPv6 = Ways["kube-ipvs0 alone"].Facts;

        var report = bench.Sync();

        Assert.Empty(report.Failed);
        Assert.Equal(["IPv4"], Families(bench));
    }

    [Fact]
    public void Off_on_one_link_of_several_it_is_on()
    {
        using var bench = Filled();
        bench.Kernel.IPv6 = new() { Links = new Dictionary<string, bool> { ["eth0"] = false, ["cni0"] = true, [Bench.Link] = true }, IsOnForNewLinks = true };
        bench.Complete();

        Assert.Equal(["IPv4", "IPv6"], Families(bench));
    }

    [Fact]
    public void A_plugin_without_a_link_of_its_own_goes_on_where_only_that_link_is_off()
    {
        using var bench = Filled();
        bench.Kernel.IPv6 = Ways["kube-ipvs0 alone"].Facts;
        var rows = new RowSet();
        rows.Chains.Add(new(new(IpFamily.IPv6, "nat", "IP-MASQ-AGENT"), []));
        bench.Dataplane.OpenSlice("masq-agent", new PluginClaims { Chains = [new("nat", "IP-MASQ-AGENT")] }).Replace("a", rows);
        bench.Complete();

        Assert.Contains(bench.Kernel.Chains.Rows.Keys, key => key is { Family: IpFamily.IPv6, Name: "IP-MASQ-AGENT" });
    }

    [Fact]
    public void Where_nobody_asked_for_IPv6_that_it_is_off_is_mere_information_and_what_is_desired_is_what_can_be()
    {
        using var bench = new Bench();
        bench.Kernel.IPv6 = Ways["every link"].Facts;
        bench.Slice.Replace("common", Sample.Common());
        var six = new RowSet();
        six.IpSets.Add(new("KUBE-6-CLUSTER-IP", IpSetType.HashIpPort, IpFamily.IPv6) { MaxElements = 65536 });
        bench.Slice.Replace("six", six);
        bench.Complete();

        Assert.Equal(Severity.Information, Assert.Single(bench.Dataplane.Status.Notices).Notice.Severity);
        var sets = Assert.Single(bench.Dataplane.Status.Tables, table => table.Table == "sets");
        Assert.Equal((1, 1, 1), (sets.Desired, sets.Actual, sets.SwitchedOff));
        Assert.Equal(0, bench.Sync(verify: true).Changes);
    }

    private static Bench Filled()
    {
        var bench = new Bench();
        Fill(bench);
        return bench;
    }

    private static void Fill(Bench bench)
    {
        bench.Slice.Replace("common", Sample.Common());
        var six = new RowSet();
        six.IpSets.Add(new("KUBE-6-CLUSTER-IP", IpSetType.HashIpPort, IpFamily.IPv6) { MaxElements = 65536 });
        six.IpSets.Add(new("KUBE-6-NODE-PORT-TCP", IpSetType.BitmapPort, IpFamily.IPv6));
        six.IpSetEntries.Add(IpSetEntry.ForIpPort("KUBE-6-CLUSTER-IP", InetAddress.Parse("fd00::1"), IpProtocol.Tcp, 80));
        six.IpSetEntries.Add(IpSetEntry.ForPort("KUBE-6-NODE-PORT-TCP", 30080));
        six.Chains.Add(new(new(IpFamily.IPv6, "nat", "KUBE-SERVICES"), ["-m set --match-set KUBE-6-CLUSTER-IP dst,dst -j ACCEPT"]));
        six.Jumps.Add(new(new(IpFamily.IPv6, "nat", "PREROUTING", "-j KUBE-SERVICES"), JumpPosition.First));
        bench.Slice.Replace("six", six);
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5"]));
        bench.Slice.Replace("svc6", Sample.Service("fd00::1", ["fd00:244::5"]));
    }

    // Of all that has a family, whichever are in the kernel; a mixture would be one more.
    private static string[] Families(Bench bench)
    {
        var kernel = bench.Kernel;
        string[] kinds =
        [
            Of(kernel.VirtualServers.Rows.Keys.Select(key => key.Address.Family)), Of(kernel.RealServers.Rows.Keys.Select(key => key.Address.Family)),
            Of(kernel.Addresses.Rows.Keys.Select(key => key.Address.Family)), Of(kernel.Chains.Rows.Keys.Select(key => key.Family)),
            Of(kernel.Jumps.Rows.Keys.Select(key => key.Family)), Of(kernel.Sets.Rows.Keys.Select(OfSet)), Of(kernel.Entries.Rows.Keys.Select(entry => OfSet(entry.Set))),
        ];
        return Assert.Single(kinds.Distinct()).Split(' ');

        // In the kernel a bitmap has no family.
        static IpFamily OfSet(string name) => name.StartsWith("KUBE-6", StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;

        static string Of(IEnumerable<IpFamily> families) => string.Join(' ', families.Distinct().Order());
    }

    private static Dictionary<string, bool> Links(bool eth0, bool ipvs) => new() { ["eth0"] = eth0, [Bench.Link] = ipvs };
}
