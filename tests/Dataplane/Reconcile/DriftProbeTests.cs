using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Reconcile;

public sealed class DriftProbeTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(31);

    // How often the loop looks.
    private static readonly TimeSpan Probes = TimeSpan.FromSeconds(2);

    private static readonly Dictionary<string, Action<FakeKernel>> ByName = new()
    {
        { "a member that goes", kernel => kernel.Entries.Rows.Clear() },
        { "a member that comes", kernel => kernel.Entries.Set(IpSetEntry.ForIpPort("KUBE-CLUSTER-IP", InetAddress.Parse("10.96.0.9"), IpProtocol.Tcp, 80)) },
        { "a set that goes", kernel => { kernel.Entries.Rows.Clear(); kernel.Sets.Rows.Clear(); } },
        { "a virtual server that goes", kernel => kernel.VirtualServers.Rows.Remove(Sample.Key("10.96.0.1")) },
        { "real servers that go", kernel => kernel.RealServers.Rows.Clear() },
        { "a weight that changes", kernel => kernel.RealServers.Set(Sample.Real(Sample.Key("10.96.0.1"), "10.244.0.5", 7)) },
        { "a real server that comes", kernel => kernel.RealServers.Set(Sample.Real(Sample.Key("10.96.0.1"), "10.244.0.9")) },
        { "an IPv6 virtual server that goes", kernel => { kernel.VirtualServers.Rows.Remove(Sample.Key("fd00::1")); kernel.RealServers.RemoveWhere(r => r.Key.Server == Sample.Key("fd00::1")); } },
        { "a chain that is flushed", kernel => kernel.Chains.Set(new(kernel.Chains.Rows.Keys.Single(), [])) },
        { "a sysctl that is set back", kernel => kernel.Sysctls.Set(new("net/ipv4/ip_forward", "0")) },
        { "a jump that goes", kernel => kernel.Jumps.Rows.Clear() },
    };

    public static TheoryData<string> Damages => [.. ByName.Keys];

    [Theory]
    [MemberData(nameof(Damages))]
    public void What_somebody_else_does_is_seen_and_put_right_without_a_verification(string what)
    {
        using var bench = Established();
        var (verified, before) = (bench.Dataplane.Status.LastVerify, State(bench));
        Assert.False(bench.Dataplane.ProbeDrift());

        ByName[what](bench.Kernel);

        Assert.True(bench.Dataplane.ProbeDrift(), what);
        var report = bench.Sync();
        Assert.True(report.Drifted > 0, what);
        Assert.Equal(before, State(bench));
        Assert.Equal(verified, bench.Dataplane.Status.LastVerify);
        ReadBack(bench);
    }

    [Fact]
    public void Its_own_writing_and_what_others_had_there_before_is_no_drift()
    {
        using var bench = Established(kernel =>
        {
            kernel.VirtualServers.Set(Sample.Server("192.0.2.9"));
            kernel.Sets.Set(new("foreign", IpSetType.HashIp, IpFamily.IPv4) { MaxElements = 65536 });
        });
        bench.Slice.Replace("more", Sample.Service("10.96.0.2", ["10.244.0.7"]));
        bench.Slice.Remove("svc");
        var common = Sample.Common();
        common.IpSetEntries.Add(IpSetEntry.ForIpPort("KUBE-CLUSTER-IP", InetAddress.Parse("10.96.0.2"), IpProtocol.Tcp, 80));
        common.Chains.Add(new(new(IpFamily.IPv4, "nat", "KUBE-MARK-MASQ"), ["-j MARK --set-xmark 0x4000/0x4000"]));
        bench.Slice.Replace("common", common);
        Assert.True(bench.Sync().Changes > 3);

        ReadBack(bench);
    }

    [Fact]
    public void A_virtual_server_that_somebody_else_adds_for_himself_is_read_once_and_left_alone()
    {
        using var bench = Established();
        bench.Kernel.VirtualServers.Set(Sample.Server("192.0.2.9"));

        Assert.True(bench.Dataplane.ProbeDrift());
        Assert.Equal(0, bench.Sync().Changes);
        Assert.False(bench.Dataplane.ProbeDrift());
        Assert.Contains(Sample.Key("192.0.2.9"), bench.Kernel.VirtualServers.Rows.Keys);
    }

    [Fact]
    public void Damage_after_a_quiet_time_is_seen_at_the_next_look_and_who_never_stops_is_put_right_within_ten_seconds()
    {
        using var bench = Established();
        var flush = ByName["a jump that goes"];

        flush(bench.Kernel);
        bench.Clock.Turn(Probes);
        Assert.True(bench.Dataplane.ProbeDrift());
        bench.Sync();

        Assert.True(LongestDamage(bench, flush, () => bench.Kernel.Jumps.Rows.Count > 0) < TimeSpan.FromSeconds(10));
        Assert.True(LongestDamage(bench, ByName["a member that goes"], () => bench.Kernel.Entries.Rows.Count > 0) < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_flush_of_the_moment_in_which_the_agent_puts_the_last_one_right_does_not_hide_behind_it()
    {
        using var bench = Established();
        var jumps = bench.Kernel.Jumps.Rows.Values.ToArray();
        ByName["a chain that is flushed"](bench.Kernel);
        // Another tool flushes the other table after the rules were read and before they were written.
        var isDone = false;
        bench.Kernel.Chains.AlsoRefuse = _ =>
        {
            if (!isDone)
            {
                bench.Kernel.Jumps.Rows.Clear();
            }
            isDone = true;
            return 0;
        };

        for (var i = 0; i < 4; i++)
        {
            bench.Clock.Turn(Probes);
            if (bench.Dataplane.ProbeDrift())
            {
                bench.Sync();
            }
        }

        Assert.True(isDone);
        Assert.Equal(jumps, bench.Kernel.Jumps.Rows.Values);
    }

    [Fact]
    public void A_verification_need_not_read_again_the_real_servers_that_probes_have_read()
    {
        using var bench = Established();
        bench.Sync(verify: true);
        var reads = bench.Kernel.RealServers.Reads;
        for (var i = 0; i < bench.Dataplane.ProbesPerRound; i++)
        {
            Assert.False(bench.Dataplane.ProbeDrift());
        }

        bench.Sync(verify: true);
        Assert.Equal(reads, bench.Kernel.RealServers.Reads);

        bench.Sync(verify: true);
        Assert.Equal(reads + 1, bench.Kernel.RealServers.Reads);
    }

    [Fact]
    public void A_virtual_server_that_goes_after_the_probe_comes_back_with_its_real_servers()
    {
        using var bench = Established();
        var before = State(bench);
        for (var i = 0; i < bench.Dataplane.ProbesPerRound; i++)
        {
            Assert.False(bench.Dataplane.ProbeDrift());
        }
        bench.Kernel.VirtualServers.Rows.Remove(Sample.Key("10.96.0.1"));
        bench.Kernel.RealServers.RemoveWhere(r => r.Key.Server == Sample.Key("10.96.0.1"));

        Assert.Equal(3, bench.Sync(verify: true).Drifted);
        Assert.Equal(before, State(bench));
    }

    private static Bench Established(Action<FakeKernel>? before = null)
    {
        var bench = new Bench();
        bench.Kernel.Sysctls.Set(new("net/ipv4/ip_forward", "0"));
        before?.Invoke(bench.Kernel);
        bench.Slice.Replace("svc", Sample.Service("10.96.0.1", ["10.244.0.5", "10.244.0.6"]));
        bench.Slice.Replace("svc6", Sample.Service("fd00::1", ["fd00:244::5"]));
        bench.Slice.Replace("common", Sample.Common());
        bench.Complete();
        ReadBack(bench);
        return bench;
    }

    // Rules that were written are read once more; then there is nothing to see.
    private static void ReadBack(Bench bench)
    {
        bench.Clock.Turn(Quiet);
        if (bench.Dataplane.ProbeDrift())
        {
            var report = bench.Sync();
            Assert.Equal((0, 0), (report.Changes, report.Drifted));
        }
        bench.Clock.Turn(Quiet);
        Assert.False(bench.Dataplane.ProbeDrift());
    }

    // Damage comes every second, whatever was done about the last: a script in a loop.
    private static TimeSpan LongestDamage(Bench bench, Action<FakeKernel> damage, Func<bool> isWhole)
    {
        var (longest, since) = (TimeSpan.Zero, bench.Clock.GetUtcNow());
        for (var i = 0; i < 60; i++)
        {
            if (isWhole())
            {
                damage(bench.Kernel);
                since = bench.Clock.GetUtcNow();
            }
            bench.Clock.Turn(Probes);
            if (bench.Dataplane.ProbeDrift())
            {
                bench.Sync();
            }
            var lasted = bench.Clock.GetUtcNow() - since;
            longest = lasted > longest ? lasted : longest;
        }
        return longest;
    }

    private static string[] State(Bench bench) =>
    [
        .. bench.Kernel.VirtualServers.Rows.Keys.Select(k => $"{k}").Concat(bench.Kernel.RealServers.Rows.Values.Select(r => $"{r.Key} {r.Weight}"))
            .Concat(bench.Kernel.Sets.Rows.Keys).Concat(bench.Kernel.Entries.Rows.Keys.Select(k => $"{k}"))
            .Concat(bench.Kernel.Chains.Rows.Values.Select(c => $"{c.Key} {string.Join(';', c.Rules)}"))
            .Concat(bench.Kernel.Sysctls.Rows.Values.Select(s => $"{s.Path} {s.Value}"))
            .Concat(bench.Kernel.Jumps.Rows.Keys.Select(k => $"{k}")).Order(StringComparer.Ordinal),
    ];
}
