using FsCheck;
using FsCheck.Fluent;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Reconcile;

/// <summary>
/// Whatever plugins write, whatever the kernel refuses and whoever meddles: once that stops, the kernel holds what the oldest claims say
/// and nothing else of ours, foreign objects are as they were, and the next sync writes nothing.
/// </summary>
public sealed class ConvergenceTests
{
    private const string Set = "KUBE-CLUSTER-IP";

    [Fact]
    public void The_kernel_ends_as_the_oldest_claims_say() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(150),
            Prop.ForAll(Arb.From(Gen.NonEmptyListOf(Steps)), steps => Converges(steps)));

    private static Gen<Step> Steps => Gen.Frequency(
        (6, from scope in Gen.Choose(0, 4)
            from servers in Gen.ListOf(from n in Gen.Choose(1, 4) from weight in Gen.Choose(0, 1) select (n, weight))
            from reals in Gen.ListOf(from n in Gen.Choose(1, 4) from e in Gen.Choose(1, 3) from weight in Gen.Choose(1, 2) select (n, e, weight))
            select (Step)new Write(scope, [.. servers], [.. reals])),
        (2, Gen.Choose(0, 4).Select(scope => (Step)new Drop(scope))),
        (3, Gen.Constant((Step)new Pass(false))),
        (1, Gen.Constant((Step)new Pass(true))),
        (1, Gen.Constant((Step)new Restart())),
        (1, Gen.Choose(0, 7).Select(refused => (Step)new Refuse(refused))),
        (1, Gen.Choose(0, 7).Select(blind => (Step)new Blind(blind))),
        (2, Gen.Choose(0, 30).Select(seed => (Step)new Meddle(seed))));

    private static bool Converges(IEnumerable<Step> steps)
    {
        using var bench = new Bench();
        AdoptionTests.AddForeign(bench);
        var model = new Model();
        bench.Complete();
        foreach (var step in steps)
        {
            step.Do(bench, model);
        }

        new Refuse(0).Do(bench, model);
        new Blind(0).Do(bench, model);
        for (var i = 0; i < 4; i++)
        {
            bench.Clock.Turn(TimeSpan.FromMinutes(2));
            bench.Sync(verify: true);
        }

        model.Compare(bench);
        AdoptionTests.AssertForeign(bench);
        var last = bench.Sync(verify: true);
        Assert.Empty(bench.Kernel.Log);
        Assert.DoesNotContain(last.Failed, f => !f.IsConflict);
        Assert.Equal(0, last.Drifted);
        return true;
    }

    private static VirtualServerKey Key(int number) => Sample.Key($"10.96.0.{number}");

    private abstract record Step
    {
        public abstract void Do(Bench bench, Model model);
    }

    private sealed record Write(int Scope, (int Number, int Variant)[] Servers, (int Number, int Endpoint, int Weight)[] Reals) : Step
    {
        public override void Do(Bench bench, Model model)
        {
            // Without the virtual server a scope's real servers would wait for another's.
            var servers = Servers.DistinctBy(s => s.Number).ToArray();
            var rows = Rows(servers, [.. Reals.Where(r => servers.Any(s => s.Number == r.Number)).DistinctBy(r => (r.Number, r.Endpoint))]);
            bench.Slice.Replace($"scope-{Scope}", rows);
            model.Write($"scope-{Scope}", rows);
        }

        private static RowSet Rows((int Number, int Variant)[] servers, (int Number, int Endpoint, int Weight)[] reals)
        {
            var rows = new RowSet();
            rows.Links.Add(new(Bench.Link));
            rows.IpSets.Add(new(Set, IpSetType.HashIpPort, IpFamily.IPv4) { MaxElements = 65536 });
            foreach (var (number, variant) in servers)
            {
                rows.VirtualServers.Add(new(Key(number), variant == 0 ? "rr" : "lc"));
                rows.Addresses.Add(Sample.Bound($"10.96.0.{number}"));
                rows.IpSetEntries.Add(IpSetEntry.ForIpPort(Set, InetAddress.Parse($"10.96.0.{number}"), IpProtocol.Tcp, 80));
            }
            foreach (var (number, endpoint, weight) in reals)
            {
                rows.RealServers.Add(Sample.Real(Key(number), $"10.244.0.{endpoint}", (ushort)weight));
            }
            return rows;
        }
    }

    private sealed record Drop(int Scope) : Step
    {
        public override void Do(Bench bench, Model model)
        {
            bench.Slice.Remove($"scope-{Scope}");
            model.Scopes.RemoveAll(s => s.Name == $"scope-{Scope}");
            model.Forget();
        }
    }

    private sealed record Pass(bool Verify) : Step
    {
        public override void Do(Bench bench, Model model)
        {
            bench.Clock.Turn(TimeSpan.FromSeconds(3));
            bench.Sync(Verify);
        }
    }

    private sealed record Restart : Step
    {
        public override void Do(Bench bench, Model model)
        {
            bench.Restart();
            model.Restart(bench);
            new Blind(0).Do(bench, model);
            model.Adopt(bench.Kernel);
            bench.Complete();
        }
    }

    private sealed record Refuse(int Which) : Step
    {
        public override void Do(Bench bench, Model model)
        {
            bench.Kernel.VirtualServers.AlsoRefuse = change => (Which & 1) != 0 && change.Row.Key.Address.ToString().EndsWith('1') ? 12 : 0;
            bench.Kernel.RealServers.AlsoRefuse = change => (Which & 2) != 0 && change.Row.Key.Address.ToString().EndsWith('2') ? 12 : 0;
            bench.Kernel.Addresses.ApplyFails = (Which & 4) != 0;
        }
    }

    private sealed record Blind(int Which) : Step
    {
        public override void Do(Bench bench, Model model)
        {
            bench.Kernel.VirtualServers.ReadFails = (Which & 1) != 0;
            bench.Kernel.RealServers.ReadFails = (Which & 2) != 0;
            bench.Kernel.Addresses.ReadFails = (Which & 4) != 0;
        }
    }

    /// <summary>Somebody else at the kernel.</summary>
    private sealed record Meddle(int Seed) : Step
    {
        public override void Do(Bench bench, Model model)
        {
            var kernel = bench.Kernel;
            var number = (Seed / 6 % 4) + 1;
            switch (Seed % 6)
            {
                case 0 when kernel.VirtualServers.Rows.ContainsKey(Key(number)):
                    kernel.VirtualServers.Set(new(Key(number), "sh"));
                    break;
                case 1:
                    kernel.VirtualServers.Rows.Remove(Key(number));
                    kernel.RealServers.RemoveWhere(r => r.Key.Server == Key(number));
                    break;
                case 2 when kernel.VirtualServers.Rows.ContainsKey(Key(number)):
                    kernel.RealServers.Set(Sample.Real(Key(number), "10.244.0.3", 5));
                    break;
                case 3:
                    kernel.RealServers.RemoveWhere(r => r.Key.Server == Key(number));
                    break;
                case 4 when kernel.Sets.Rows.ContainsKey(Set):
                    kernel.Entries.Set(IpSetEntry.ForIpPort(Set, InetAddress.Parse("6.6.6.6"), IpProtocol.Tcp, (ushort)number));
                    break;
                case 5:
                    kernel.Addresses.Rows.Remove(Sample.Bound($"10.96.0.{number}").Key);
                    break;
            }
        }
    }
}
