using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Dataplane.Linux;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Reconcile;

[Trait("Category", "Kernel")]
public sealed class DataplaneKernelTests
{
    private const string Link = "kube-ipvs0";

    private static readonly PluginClaims Claims = new()
    {
        VirtualServers = [VirtualServerClaim.All],
        IpvsTimeouts = true,
        Links = [Link],
        IpSets = ["KUBE-CLUSTER-IP", "KUBE-6-CLUSTER-IP", "KUBE-NODE-PORT-TCP"],
        Chains = [new("nat", "KUBE-SERVICES"), new("nat", "KUBE-MARK-MASQ")],
        Jumps = [new("nat", "PREROUTING", "KUBE-SERVICES")],
        Sysctls = ["net/ipv4/vs/conntrack", "net/ipv4/ip_forward"],
    };

    [KernelFact]
    public void A_restart_over_what_was_established_writes_nothing_and_cleanup_leaves_the_kernel_as_before() => NetworkNamespace.Run(() =>
    {
        using var folder = new StateFolder();
        Shell.Run("ipset", "create", "foreign", "hash:ip");
        Shell.Run("ipvsadm", "-A", "-t", "192.0.2.9:3306", "-s", "wlc");
        Shell.Run("ipvsadm", "-a", "-t", "192.0.2.9:3306", "-r", "192.0.2.10:3306", "-m");
        Shell.Run("iptables", "-t", "nat", "-A", "PREROUTING", "-d", "192.0.2.77", "-j", "RETURN");
        var before = KernelState();

        using (var first = LinuxDataplane.Open(folder.Options))
        {
            Fill(first);
            var report = first.Sync(verify: false, TestContext.Current.CancellationToken);
            Assert.True(report.IsComplete, string.Join("; ", report.Failed) + string.Join("; ", report.ReadFailures));
            Assert.Equal(0, first.Sync(verify: true, TestContext.Current.CancellationToken).Changes);
        }
        var established = KernelState();
        Assert.Contains("10.96.0.1:443", established, StringComparison.Ordinal);

        using (var second = LinuxDataplane.Open(folder.Options))
        {
            Fill(second);
            Assert.Empty(second.Plan().Changes);
            var report = second.Sync(verify: false, TestContext.Current.CancellationToken);
            Assert.Equal((0, 0), (report.Changes, report.Drifted));
        }
        Assert.Equal(established, KernelState());

        using (var cleaner = LinuxDataplane.Open(folder.Options))
        {
            var report = cleaner.Cleanup(new(), TestContext.Current.CancellationToken);
            Assert.True(report.IsComplete, string.Join("; ", report.Failed));
            Assert.Equal(0, cleaner.Cleanup(new(), TestContext.Current.CancellationToken).Changes);
        }
        Assert.Equal(before, KernelState());
    });

    [KernelFact]
    public void What_others_change_is_put_right_and_named() => NetworkNamespace.Run(() =>
    {
        using var folder = new StateFolder();
        using var dataplane = LinuxDataplane.Open(folder.Options);
        Fill(dataplane);
        dataplane.Sync(verify: false, TestContext.Current.CancellationToken);
        var established = KernelState();
        Shell.Run("ipvsadm", "-C");
        Shell.Run("ipset", "flush", "KUBE-CLUSTER-IP");
        Shell.Run("iptables", "-t", "nat", "-F", "KUBE-SERVICES");
        Shell.Run("ip", "addr", "del", "10.96.0.1/32", "dev", Link);

        var report = dataplane.Sync(verify: true, TestContext.Current.CancellationToken);

        Assert.True(report.IsComplete, string.Join("; ", report.Failed));
        Assert.Contains("virtual servers: 10.96.0.1:443/TCP", report.DriftedRows);
        Assert.Contains("addresses: 10.96.0.1 on kube-ipvs0", report.DriftedRows);
        Assert.Equal(established, KernelState());
        Assert.Equal(0, dataplane.Sync(verify: true, TestContext.Current.CancellationToken).Changes);
    });

    [KernelTheory]
    [InlineData("ipvsadm -C")]
    [InlineData("ipvsadm -D -t 10.96.0.1:443")]
    [InlineData("ipvsadm -d -t 10.96.0.1:443 -r 10.244.0.5:6443")]
    [InlineData("ipvsadm -D -t [fd00:96::1]:443")]
    [InlineData("ipset flush KUBE-CLUSTER-IP")]
    [InlineData("ipset add KUBE-6-CLUSTER-IP fd00:96::2,tcp:80")]
    [InlineData("iptables -t nat -F KUBE-SERVICES")]
    [InlineData("iptables -t nat -D PREROUTING 1")]
    public void What_others_change_is_seen_at_a_glance_and_put_right_without_a_verification(string damage) => NetworkNamespace.Run(() =>
    {
        using var folder = new StateFolder();
        var clock = new LateClock();
        using var dataplane = LinuxDataplane.Open(folder.Options with { Time = clock });
        Fill(dataplane);
        dataplane.Sync(verify: false, TestContext.Current.CancellationToken);
        var (verified, established) = (dataplane.Status.LastVerify, KernelState());
        ReadBack(dataplane, clock);

        Shell.Script(damage);

        Assert.True(dataplane.ProbeDrift(), damage);
        Assert.True(dataplane.Sync(verify: false, TestContext.Current.CancellationToken).Drifted > 0);
        Assert.Equal(established, KernelState());
        Assert.Equal(verified, dataplane.Status.LastVerify);
        ReadBack(dataplane, clock);
    });

    // Rules that were written are read once more; then there is nothing to see.
    private static void ReadBack(LinuxDataplane dataplane, LateClock clock)
    {
        clock.Late += TimeSpan.FromSeconds(31);
        if (dataplane.ProbeDrift())
        {
            var report = dataplane.Sync(verify: false, TestContext.Current.CancellationToken);
            Assert.Equal((0, 0), (report.Changes, report.Drifted));
        }
        clock.Late += TimeSpan.FromSeconds(31);
        Assert.False(dataplane.ProbeDrift());
    }

    private sealed class LateClock : TimeProvider
    {
        public TimeSpan Late { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() + (Late.Ticks * TimestampFrequency / TimeSpan.TicksPerSecond);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Late;
    }

    [KernelFact]
    public void An_address_or_a_link_that_somebody_deletes_is_back_within_a_second_without_a_verification() => NetworkNamespace.Run(() =>
    {
        using var folder = new StateFolder();
        using var dataplane = LinuxDataplane.Open(folder.Options);
        Fill(dataplane);
        dataplane.Sync(verify: false, TestContext.Current.CancellationToken);
        var verified = dataplane.Status.LastVerify;
        var established = KernelState();
        SyncUntilQuiet(dataplane, out var own);
        Assert.Equal((0, 0), own);

        foreach (var damage in new[] { "ip addr del 10.96.0.1/32 dev kube-ipvs0", "ip -6 addr del fd00:96::1/128 dev kube-ipvs0", "ip addr add 10.96.0.99/32 dev kube-ipvs0", "ip link del kube-ipvs0" })
        {
            Shell.Script(damage);
            SyncUntilQuiet(dataplane, out var repaired);
            Assert.True(repaired is { Changes: > 0, Drifted: > 0 }, $"{damage}: {repaired}");
            Assert.Equal(established, KernelState());
        }
        Assert.Equal(verified, dataplane.Status.LastVerify);
    });

    // As the loop does on the dataplane's own events, until none has come for a while.
    private static void SyncUntilQuiet(LinuxDataplane dataplane, out (int Changes, int Drifted) done)
    {
        done = default;
        var quiet = System.Diagnostics.Stopwatch.StartNew();
        while (quiet.ElapsedMilliseconds < 800)
        {
            if (!dataplane.Events.TryRead(out var happened))
            {
                Thread.Sleep(10);
            }
            else if (happened == KernelEvent.Due)
            {
                var report = dataplane.Sync(verify: false, TestContext.Current.CancellationToken);
                done = (done.Changes + report.Changes, done.Drifted + report.Drifted);
            }
        }
    }

    [KernelFact]
    public void The_node_is_observed() => NetworkNamespace.Run(() =>
    {
        using var folder = new StateFolder();
        using var dataplane = LinuxDataplane.Open(folder.Options);

        var facts = dataplane.Observe(new()
        {
            Links = true,
            Sysctls = ["net/ipv4/conf/*/arp_ignore"],
            Conntrack = true,
            IptablesTables = ["nat"],
            IpvsSchedulers = true,
        });

        Assert.True(facts.KernelVersion.Major >= 5);
        Assert.True(facts.CpuCount >= 1);
        Assert.True(facts.MemoryBytes > 100 << 20);
        Assert.Contains(facts.Links!.Value, l => l.Name == "lo" && l.IsUp);
        Assert.Equal("0", facts.Sysctls["net/ipv4/conf/lo/arp_ignore"]);
        Assert.True(facts.Conntrack!.Max > 0);
        Assert.Contains(facts.IptablesTables, t => t is { Family: IpFamily.IPv4, Table: "nat" });
        Assert.Contains("rr", facts.IpvsSchedulers!.Value);
        Assert.True(dataplane.Capabilities is { Ipvs: true, IpSet: true, Iptables4: not null });
    });

    private static void Fill(LinuxDataplane dataplane)
    {
        var slice = dataplane.OpenSlice("ipvs", Claims);
        var rows = new RowSet();
        rows.Links.Add(new(Link));
        rows.IpSets.Add(new("KUBE-CLUSTER-IP", IpSetType.HashIpPort, IpFamily.IPv4) { MaxElements = 65536 });
        rows.IpSets.Add(new("KUBE-6-CLUSTER-IP", IpSetType.HashIpPort, IpFamily.IPv6) { MaxElements = 65536 });
        rows.IpSets.Add(new("KUBE-NODE-PORT-TCP", IpSetType.BitmapPort, IpFamily.None));
        rows.Chains.Add(new(new(IpFamily.IPv4, "nat", "KUBE-MARK-MASQ"), ["-j MARK --set-xmark 0x4000/0x4000"]));
        rows.Chains.Add(new(
            new(IpFamily.IPv4, "nat", "KUBE-SERVICES"),
            ["-m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ", "-m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT"]));
        rows.Jumps.Add(new(
            new(IpFamily.IPv4, "nat", "PREROUTING", "-m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES"), JumpPosition.First));
        rows.Sysctls.Add(new("net/ipv4/vs/conntrack", "1"));
        rows.IpvsTimeouts.Add(new(1000, 0, 400));
        slice.Replace("common", rows);
        Service(slice, "10.96.0.1", 443, "KUBE-CLUSTER-IP", "10.244.0.5", "10.244.0.6");
        Service(slice, "fd00:96::1", 443, "KUBE-6-CLUSTER-IP", "fd00:244::5");
        rows.Clear();
        rows.VirtualServers.Add(new(new(IpProtocol.Tcp, InetAddress.Parse("127.0.0.1"), 30080), "rr")
        {
            Flags = VirtualServerFlags.Persistent,
            PersistenceTimeoutSeconds = 10800,
        });
        rows.IpSetEntries.Add(IpSetEntry.ForPort("KUBE-NODE-PORT-TCP", 30080));
        slice.Replace("node port", rows);
        dataplane.MarkComplete("ipvs");
    }

    private static void Service(ISlice slice, string address, ushort port, string set, params string[] endpoints)
    {
        var rows = new RowSet();
        var vip = InetAddress.Parse(address);
        var key = new VirtualServerKey(IpProtocol.Tcp, vip, port);
        rows.VirtualServers.Add(new(key, "rr"));
        rows.Addresses.Add(new(new(Link, vip), AddressBinding.Address));
        rows.IpSetEntries.Add(IpSetEntry.ForIpPort(set, vip, IpProtocol.Tcp, port));
        foreach (var endpoint in endpoints)
        {
            rows.RealServers.Add(new(new(key, InetAddress.Parse(endpoint), 6443), 1));
        }
        slice.Replace(address, rows);
    }

    // Legacy tables exist once they were listed; link numbers and counters are no state.
    private static string KernelState() => string.Join('\n',
        Sorted(Shell.Run("ipvsadm", "-Sn")),
        Shell.Run("ipvsadm", "-l", "--timeout"),
        Sorted(Shell.Run("ipset", "save")),
        Shell.Run("iptables", "-t", "nat", "-S"),
        Shell.Run("ip6tables", "-t", "nat", "-S"),
        string.Join('\n', Shell.Run("ip", "-o", "addr").Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)))),
        Shell.Run("sysctl", "net.ipv4.vs.conntrack", "net.ipv4.ip_forward"));

    private static string Sorted(string lines) => string.Join('\n', lines.Split('\n').Order(StringComparer.Ordinal));

    private sealed class StateFolder : IDisposable
    {
        private readonly string _path = Directory.CreateTempSubdirectory("netagent-kernel-").FullName;

        public DataplaneOptions Options => new() { StateDirectory = _path };

        public void Dispose() => Directory.Delete(_path, recursive: true);
    }
}
