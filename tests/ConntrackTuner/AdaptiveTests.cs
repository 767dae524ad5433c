using FsCheck;
using FsCheck.Fluent;
using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner.Configuration;
using NetAgent.Plugins.ConntrackTuner.Planning;
using NetAgent.Plugins.Tests;

namespace NetAgent.ConntrackTuner.Tests;

public sealed class AdaptiveTests
{
    private const string Config = """{"sysctls": {"nf_conntrack_max": 65536}, "adaptive": {"maxMemory": "128Mi", "high": 0.8, "low": 0.2}}""";
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_table_that_fills_is_doubled_with_buckets_first()
    {
        var node = TunedNode.Create(Config, max: 65536, buckets: 16384);
        node.Step();
        node.Writes.Clear();

        Fill(node, 53000);

        Assert.Equal([$"{TunedNode.Buckets}=32768", $"{TunedNode.Max}=131072"], node.Writes);
    }

    [Fact]
    public void A_table_that_would_be_full_before_the_next_looks_is_raised_before_it_is_nearly_full()
    {
        var node = TunedNode.Create(Config, max: 65536, buckets: 16384);
        Fill(node, 1000, seconds: 1);
        Fill(node, 21000, seconds: 1);

        // 20,000 a second: a third full, and 121,000 within five seconds.
        Assert.Equal("262144", node.Sysctls[TunedNode.Max]);
        Assert.Equal("65536", node.Sysctls[TunedNode.Buckets]);
    }

    [Fact]
    public void A_hard_ramp_never_meets_a_full_table_while_memory_allows()
    {
        var node = TunedNode.Create(Config, max: 65536, buckets: 16384);
        var ceiling = (128L << 20) / 402;
        for (var count = 0L; count < ceiling * 8 / 10; count += 30_000)
        {
            Assert.True(count < long.Parse(node.Sysctls[TunedNode.Max]), $"{count} entries met {node.Sysctls[TunedNode.Max]}");
            Fill(node, count, seconds: 1);
        }
        Assert.Equal($"{ceiling}", node.Sysctls[TunedNode.Max]);
    }

    [Theory]
    [InlineData("4096", 65536, 1000, "65536", "stays at 65536 or more")]
    [InlineData("4096", 2048, 1000, "16384", "is not lowered to 4096: it stays at 16384 or more")]
    [InlineData("65536", 65536, 1000, "65536", null)]
    [InlineData("{\"atLeast\": 4096}", 65536, 1000, "65536", null)]
    [InlineData("16384", 16384, 60000, "32768", null)]
    public void Buckets_asked_for_that_are_fewer_than_adaptive_has_are_said_not_to_be_written(string asked, long found, long count, string become, string? said)
    {
        var node = TunedNode.Create($$$"""{"sysctls": {"nf_conntrack_max": 65536, "nf_conntrack_buckets": {{{asked}}}}, "adaptive": {}}""", buckets: found);
        Fill(node, count);

        Assert.Equal(become, node.Sysctls[TunedNode.Buckets]);
        Assert.Equal(said is not null, node.Notice("AdaptiveKeepsBuckets") is { Severity: Severity.Warning } notice && notice.Message.Contains(said ?? "?"));
    }

    [Fact]
    public void A_second_raise_does_not_wait_for_a_time_to_pass()
    {
        var node = TunedNode.Create(Config, max: 65536, buckets: 16384);
        Fill(node, 53000, seconds: 1);
        Assert.Equal("131072", node.Sysctls[TunedNode.Max]);
        Fill(node, 53001, seconds: 1);
        Fill(node, 110_000, seconds: 1);
        Assert.NotEqual("131072", node.Sysctls[TunedNode.Max]);
    }

    [Theory]
    [InlineData(40000, 1, 0, true)]
    [InlineData(40000, 0, 1, true)]
    [InlineData(40000, 0, 0, false)]
    // Packets are dropped for other reasons than room, too.
    [InlineData(2000, 50, 0, false)]
    public void Connections_lost_for_want_of_room_raise_it_at_once(long count, long drop, long earlyDrop, bool isRaised)
    {
        var node = TunedNode.Create(Config, max: 65536, buckets: 16384);
        Fill(node, count, seconds: 1);
        Fill(node, count, seconds: 1);
        node.Conntrack = node.Conntrack! with { Drop = drop, EarlyDrop = earlyDrop };
        Fill(node, count, seconds: 1);
        Assert.Equal(isRaised, node.Sysctls[TunedNode.Max] != "65536");
    }

    [Fact]
    public void It_is_looked_at_every_second_and_without_adaptive_rarely()
    {
        var node = TunedNode.Create();
        Assert.Equal(TimeSpan.FromSeconds(1), node.Configure(JsonConfig.Inline(Config)).Period);
        Assert.Equal(TimeSpan.FromSeconds(15), node.Configure(JsonConfig.Inline("{}")).Period);
    }

    [Fact]
    public void It_is_halved_only_after_ten_empty_minutes_and_max_first()
    {
        var node = TunedNode.Create(Config, max: 65536, buckets: 16384);
        Fill(node, 53000);
        Fill(node, 53000);
        node.Writes.Clear();

        Fill(node, 1000);
        for (var i = 0; i < 9; i++)
        {
            node.Step(TimeSpan.FromMinutes(1));
        }
        Assert.Empty(node.Writes);

        node.Step(TimeSpan.FromMinutes(1));
        Assert.Equal([$"{TunedNode.Max}=65536", $"{TunedNode.Buckets}=16384"], node.Writes);

        node.Step(TimeSpan.FromHours(1));
        Assert.Equal("65536", node.Sysctls[TunedNode.Max]);
    }

    [Fact]
    public void The_bound_holds_and_is_said()
    {
        var node = TunedNode.Create(Config);
        for (var i = 0; i < 20; i++)
        {
            Fill(node, 100_000_000);
        }

        var ceiling = (128L << 20) / 402;
        Assert.Equal($"{ceiling}", node.Sysctls[TunedNode.Max]);
        Assert.Contains("at its bound", node.Notice("AdaptiveAtBound")!.Message);
    }

    [Fact]
    public void A_restart_goes_on_from_the_kernels_size()
    {
        var node = TunedNode.Create(Config, max: 262144, buckets: 65536);
        node.Conntrack = node.Conntrack! with { Count = 150000 };
        node.Step();

        Assert.Equal("262144", node.Sysctls[TunedNode.Max]);
        Assert.DoesNotContain(node.Writes, w => w.StartsWith(TunedNode.Max, StringComparison.Ordinal));
    }

    [Fact]
    public void Where_max_cannot_be_written_nothing_adapts()
    {
        var node = TunedNode.Create(Config);
        node.ReadOnly[TunedNode.Max] = "not the initial network namespace";
        Fill(node, 60000);
        Fill(node, 60000);

        Assert.False(node.HasRow(TunedNode.Max));
    }

    [Fact]
    public void A_floor_above_the_bound_is_named_and_kept()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_max": 1000000}, "adaptive": {"maxMemory": "64Mi"}}""");
        Fill(node, 999_000);

        Assert.Equal("1000000", node.Sysctls[TunedNode.Max]);
        Assert.NotNull(node.Notice("AdaptiveHasNoRoom"));
    }

    [Fact]
    public void A_floor_that_the_node_cannot_hold_is_refused_as_without_adaptive()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_max": 20000000}, "adaptive": {"maxMemory": "1Mi"}}""");
        node.MemoryBytes = 1L << 30;
        node.Step();
        Assert.Equal("65536", node.Sysctls[TunedNode.Max]);
        Assert.NotNull(node.Notice("ConntrackTableTooLarge"));
    }

    [Fact]
    public void A_bound_beyond_the_nodes_memory_is_named_and_cut_to_half_of_it()
    {
        var node = TunedNode.Create("""{"adaptive": {"maxMemory": "1000Gi"}}""");
        node.MemoryBytes = 64L << 20;
        for (var i = 0; i < 50; i++)
        {
            node.Conntrack = node.Conntrack! with { Count = long.Parse(node.Sysctls[TunedNode.Max]) };
            node.Step(TimeSpan.FromMinutes(1));
        }
        Assert.NotNull(node.Notice("AdaptiveTooLarge"));
        Assert.InRange(long.Parse(node.Sysctls[TunedNode.Max]), 65536, (32L << 20) / 256);
    }

    [Fact]
    public void Without_a_floor_the_kernels_first_size_is_the_floor()
    {
        var node = TunedNode.Create("""{"adaptive": {"maxMemory": "5%"}}""");
        Fill(node, 60000);
        Assert.Equal("131072", node.Sysctls[TunedNode.Max]);
        for (var i = 0; i < 100; i++)
        {
            node.Conntrack = node.Conntrack! with { Count = 10 };
            node.Step(TimeSpan.FromMinutes(5));
        }
        Assert.Equal("65536", node.Sysctls[TunedNode.Max]);
    }

    [Fact]
    public void Never_outside_its_bounds_never_below_what_is_open_and_never_raised_for_nothing() =>
        Prop.ForAll(Walks(), walk =>
        {
            var (settings, floor, ceiling, first, steps) = walk;
            var size = new AdaptiveSize();
            size.Begin(first, 16384, ceiling);
            var (now, before, last, lost) = (Start, 0L, 0L, 0L);
            foreach (var (seconds, count) in steps)
            {
                now += TimeSpan.FromSeconds(seconds);
                // Lost for want of room: of a full table only.
                lost += count >= before && before > 0 ? count / 7 : 0;
                var next = size.Look(settings, floor, ceiling, count, lost, now);
                Assert.True(next >= floor);
                // Above the bound only while a table found larger is needed by what is open.
                Assert.True(next <= ceiling || (next <= Math.Max(first, before) && next <= TableSize.LeastFor(count)));
                if (before > 0 && next < before)
                {
                    Assert.True(next >= TableSize.LeastFor(count) || next >= before);
                    Assert.True(count < settings.Low * before || before > ceiling);
                }
                if (before > 0 && next > before)
                {
                    // It fills, is about to, or has turned connections away; and a raise is worth its re-hash.
                    Assert.True(count >= settings.High / 2 * before || count > last);
                    Assert.True(next >= 2 * before || next == ceiling);
                }
                (before, last) = (next, count);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_steady_count_settles_after_one_move_each_way_at_most() =>
        Prop.ForAll(Walks(), walk =>
        {
            var (settings, floor, ceiling, first, steps) = walk;
            var size = new AdaptiveSize();
            size.Begin(first, 16384, ceiling);
            var now = Start;
            foreach (var (_, count) in steps.Take(3))
            {
                var directions = new List<int>();
                // The jump itself may have been the beginning of more.
                now += TimeSpan.FromMinutes(3);
                size.Look(settings, floor, ceiling, count, 0, now);
                for (var i = 0; i < 60; i++)
                {
                    var before = size.Size;
                    now += TimeSpan.FromMinutes(3);
                    var next = size.Look(settings, floor, ceiling, count, 0, now);
                    if (next != before)
                    {
                        directions.Add(Math.Sign(next - before));
                    }
                }
                Assert.True(directions.Distinct().Count() <= 1, $"went {string.Join(',', directions)} at a steady count of {count}");
            }
        }).QuickCheckThrowOnFailure();

    private static Arbitrary<(AdaptiveSettings Settings, long Floor, long Ceiling, long First, (int Seconds, long Count)[] Steps)> Walks()
    {
        var steps =
            from seconds in Gen.Choose(1, 900)
            from count in Gen.Choose(0, 3_000_000)
            from scale in Gen.Elements(1, 10, 100, 1000)
            select (seconds, (long)(count / scale));
        return (
            from high in Gen.Choose(30, 100)
            from low in Gen.Choose(1, (int)(high * 0.45))
            from floor in Gen.Choose(1, 300_000)
            from above in Gen.Choose(0, 2_000_000)
            from first in Gen.Choose(0, 2_500_000)
            from walk in steps.ListOf(40)
            select (new AdaptiveSettings(1, 0, high / 100.0, low / 100.0), (long)floor, (long)floor + above, (long)first, walk.ToArray())).ToArbitrary();
    }

    private static void Fill(ModelNode node, long count, int seconds = 600)
    {
        node.Conntrack = node.Conntrack! with { Count = count };
        node.Step(TimeSpan.FromSeconds(seconds));
    }
}
