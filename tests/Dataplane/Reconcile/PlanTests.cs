using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Reconcile;

/// <summary>What a plan says is what the next sync does, in whatever state plugins, kernel and clock are.</summary>
public sealed class PlanTests
{
    private const int States = 200;
    private static readonly ChainKey Firewall = new(IpFamily.IPv4, "nat", "KUBE-FIREWALL");

    [Fact]
    public void In_200_random_states_the_planned_steps_are_those_that_the_kernel_gets()
    {
        var courses = new HashSet<PlannedCourse>();
        var shielded = 0;
        for (var seed = 0; seed < States; seed++)
        {
            using var bench = new Bench();
            var random = new Random(seed);
            Reach(bench, random);

            bench.Kernel.Log.Clear();
            var whole = bench.Dataplane.Plan();
            var plan = whole.Changes;
            Assert.Empty(bench.Kernel.Log);
            var report = bench.Sync(verify: random.Next(2) == 0);

            Assert.Equal(plan.Where(IsWritten).Select(Text), bench.Kernel.Log.Where(line => !IsRestored(line, plan)));
            Assert.Equal(plan.Count(change => change.Course == PlannedCourse.Waiting), Waiting(report));
            courses.UnionWith(plan.Concat(whole.Withheld).Select(change => change.Course));
            shielded += bench.Kernel.VirtualServers.Rows.Keys.Count(key => key.Port == 81);
        }
        Assert.Equal(Enum.GetValues<PlannedCourse>(), courses.Order());
        Assert.True(shielded > 0, "no state had a virtual server that must stay");
    }

    [Fact]
    public void A_plan_between_two_syncs_changes_nothing_of_what_the_second_does()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            using var planned = new Bench();
            using var plain = new Bench();
            Reach(planned, new(seed));
            Reach(plain, new(seed));

            planned.Dataplane.Plan();
            planned.Dataplane.Plan();

            planned.Sync(verify: true);
            plain.Sync(verify: true);
            Assert.Equal(plain.Kernel.Log, planned.Kernel.Log);
            Assert.Equal(plain.Dataplane.Status.Draining, planned.Dataplane.Status.Draining);
        }
    }

    /// <summary>A state that a history of wishes, refusals, meddling and time leads to.</summary>
    private static void Reach(Bench bench, Random random)
    {
        AdoptionTests.AddForeign(bench);
        var watcher = bench.Dataplane.OpenSlice("watcher", new PluginClaims { IpSets = ["WATCHED-*"] });
        bench.Dataplane.SetObserveOnly("watcher", true);
        for (var step = random.Next(1, 6); step > 0; step--)
        {
            bench.Slice.Replace("common", Common(random));
            foreach (var number in Enumerable.Range(1, 4).Where(_ => random.Next(3) > 0))
            {
                bench.Slice.Replace($"svc-{number}", Service(number, random));
            }
            if (random.Next(2) == 0)
            {
                watcher.Replace("a", Watched());
            }
            if (random.Next(3) > 0)
            {
                bench.Dataplane.MarkComplete("ipvs");
            }
            bench.Kernel.Chains.AlsoRefuse = random.Next(5) == 0 ? change => change.Row.Key == Firewall ? 22 : 0 : _ => 0;
            bench.Kernel.Addresses.ApplyFails = random.Next(8) == 0;
            bench.Sync(verify: random.Next(2) == 0);
            bench.Clock.Turn(TimeSpan.FromSeconds(random.Next(4)));
            Connect(bench, random);
        }
        bench.Kernel.Chains.AlsoRefuse = _ => 0;
        bench.Kernel.Addresses.ApplyFails = false;
        foreach (var number in Enumerable.Range(1, 4).Where(_ => random.Next(3) == 0))
        {
            bench.Slice.Remove($"svc-{number}");
        }
        if (random.Next(4) == 0)
        {
            bench.Slice.Remove("common");
        }
        if (random.Next(3) == 0)
        {
            bench.Dataplane.OpenSlice("ipvs", Bench.Claims with { VirtualServerExclusions = [InetPrefix.Parse("10.96.0.2/31")] });
        }
        if (random.Next(4) == 0)
        {
            RestartWithPartUnread(bench, random);
        }
        Meddle(bench.Kernel, random);
        bench.Clock.Turn(TimeSpan.FromMinutes(random.Next(3) == 0 ? 20 : 0));
    }

    private static void RestartWithPartUnread(Bench bench, Random random)
    {
        bench.Restart();
        bench.Dataplane.Withhold(new() { Services = true, Endpoints = _ => true });
        bench.Slice.Replace("common", Common(random));
        bench.Slice.Replace("svc-1", Service(1, random));
        bench.Dataplane.MarkComplete("ipvs");
    }

    private static RowSet Common(Random random)
    {
        var rows = Sample.Common();
        rows.Chains.Add(new(Firewall, random.Next(2) == 0 ? [] : ["-j RETURN"]));
        return rows;
    }

    private static RowSet Watched()
    {
        var rows = new RowSet();
        rows.IpSets.Add(new("WATCHED-A", IpSetType.HashIp, IpFamily.IPv4) { MaxElements = 1024 });
        rows.IpSetEntries.Add(IpSetEntry.ForIp("WATCHED-A", InetAddress.Parse("192.0.2.1")));
        return rows;
    }

    private static RowSet Service(int number, Random random)
    {
        var rows = Sample.Service(
            $"10.96.0.{number}",
            [.. Enumerable.Range(1, 4).Where(_ => random.Next(2) == 0).Select(endpoint => $"10.244.0.{endpoint}")],
            number == 4 ? IpProtocol.Udp : IpProtocol.Tcp,
            random.Next(2) == 0 ? "rr" : "lc");
        if (random.Next(2) == 0)
        {
            rows.VirtualServers.Add(Sample.Server($"10.96.0.{number}", 81));
        }
        return rows;
    }

    private static void Connect(Bench bench, Random random)
    {
        bench.Kernel.Connections.Clear();
        foreach (var key in bench.Kernel.RealServers.Rows.Keys.OrderBy(key => key.ToString(), StringComparer.Ordinal).Where(_ => random.Next(2) == 0))
        {
            bench.Kernel.Connections[key] = new((uint)random.Next(1, 9), 0);
        }
    }

    private static void Meddle(FakeKernel kernel, Random random)
    {
        if (random.Next(3) == 0)
        {
            kernel.Entries.Set(IpSetEntry.ForIpPort("KUBE-CLUSTER-IP", InetAddress.Parse("6.6.6.6"), IpProtocol.Tcp, 1));
        }
        if (random.Next(3) == 0)
        {
            kernel.Chains.Set(new(new(IpFamily.IPv4, "nat", "KUBE-SERVICES"), []));
        }
        foreach (var row in kernel.RealServers.Rows.Values.OrderBy(row => row.Key.ToString(), StringComparer.Ordinal).Where(_ => random.Next(6) == 0).ToArray())
        {
            kernel.RealServers.Set(row with { Weight = (ushort)random.Next(3) });
        }
        foreach (var row in kernel.Addresses.Rows.Values.OrderBy(row => row.Key.ToString(), StringComparer.Ordinal).Where(_ => random.Next(6) == 0).ToArray())
        {
            kernel.Addresses.Rows.Remove(row.Key);
        }
    }

    private static bool IsWritten(PlannedChange change) =>
        change.Course is PlannedCourse.Written or PlannedCourse.Draining && !(IsKept(change.Table) && change.Kind == RowChangeKind.Remove);

    // What cannot be removed gets its earlier value back instead, from the state file.
    private static bool IsRestored(string line, IEnumerable<PlannedChange> plan) =>
        plan.Any(change => IsKept(change.Table) && change.Kind == RowChangeKind.Remove && line == $"{change.Table} Replace {change.Key}");

    private static bool IsKept(string table) => table is "sysctls" or "timeouts";

    private static string Text(PlannedChange change) => $"{change.Table} {change.Kind} {change.Key}";

    private static int Waiting(SyncReport report) => report.Failed.Where(row => row.Kind == FailureKind.Waiting)
        .Sum(row => int.Parse(row.Reason.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
}
