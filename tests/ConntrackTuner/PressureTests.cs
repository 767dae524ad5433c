using NetAgent.Contracts;

namespace NetAgent.ConntrackTuner.Tests;

public sealed class PressureTests
{
    private static readonly TimeSpan Sample = TimeSpan.FromSeconds(15);

    [Fact]
    public void Gauges_carry_node_exporters_names_and_our_own()
    {
        var node = TunedNode.Create("{}");
        node.Conntrack = new()
        {
            Count = 13107,
            Max = 65536,
            Buckets = 16384,
            InsertFailed = 1,
            Drop = 2,
            EarlyDrop = 3,
            SearchRestart = 4,
            Invalid = 5,
            ChainTooLong = 6,
        };
        node.Step();

        Assert.Equal(
            [
                ("node_nf_conntrack_entries", 13107), ("node_nf_conntrack_entries_limit", 65536),
                ("netagent_conntrack_entries", 13107), ("netagent_conntrack_entries_limit", 65536), ("netagent_conntrack_buckets", 16384),
                ("netagent_conntrack_usage_ratio", 13107 / 65536.0),
                ("node_nf_conntrack_stat_insert_failed", 1), ("netagent_conntrack_stat_insert_failed", 1),
                ("node_nf_conntrack_stat_drop", 2), ("netagent_conntrack_stat_drop", 2),
                ("node_nf_conntrack_stat_early_drop", 3), ("netagent_conntrack_stat_early_drop", 3),
                ("node_nf_conntrack_stat_search_restart", 4), ("netagent_conntrack_stat_search_restart", 4),
                ("node_nf_conntrack_stat_invalid", 5), ("netagent_conntrack_stat_invalid", 5),
                ("netagent_conntrack_stat_chain_too_long", 6),
            ],
            node.Slice.Gauges.Select(g => (g.Name, g.Value)));
        Assert.Empty(node.Slice.Notices);
    }

    [Fact]
    public void Fullness_warns_then_alarms_and_each_word_stays_the_same_until_it_goes()
    {
        var node = TunedNode.Create("{}");
        var messages = new List<string>();
        foreach (var percent in (int[])[60, 74, 75, 78, 74, 71, 69, 76, 91, 88, 86, 84, 69])
        {
            node.Conntrack = node.Conntrack! with { Count = (long)Math.Ceiling(node.Conntrack.Max * percent / 100.0) };
            node.Step(TimeSpan.FromHours(2));
            messages.Add(string.Join(" ", node.Slice.Notices.Select(n => $"{n.Reason}@{n.Message[..5]}")));
        }

        Assert.Equal(
            [
                "", "", "ConntrackPressure@49152", "ConntrackPressure@49152", "ConntrackPressure@49152", "ConntrackPressure@49152", "",
                "ConntrackPressure@49808", "ConntrackAlmostFull@59638", "ConntrackAlmostFull@59638", "ConntrackAlmostFull@59638",
                "ConntrackPressure@49808", "",
            ],
            messages);
    }

    [Fact]
    public void Thresholds_follow_the_configuration()
    {
        var node = TunedNode.Create("""{"pressure": {"warning": "50%", "critical": "60%"}}""");
        node.Conntrack = node.Conntrack! with { Count = 40000 };
        node.Step();

        Assert.Contains("Raise net.netfilter.nf_conntrack_max to 131072", node.Notice("ConntrackAlmostFull")!.Message);
    }

    [Theory]
    [InlineData("Drop", "ConntrackTableFull", Severity.Error, "table was full: 60 packets")]
    [InlineData("EarlyDrop", "ConntrackEarlyDrop", Severity.Warning, "60 unanswered connections were evicted")]
    [InlineData("InsertFailed", "ConntrackInsertRaces", Severity.Warning, "not lack of room")]
    [InlineData("ChainTooLong", "ConntrackChainsTooLong", Severity.Error, "65536 buckets are too few")]
    [InlineData("Invalid", "ConntrackInvalidPackets", Severity.Warning, "nf_conntrack_tcp_be_liberal=1")]
    [InlineData("SearchRestart", "ConntrackSearchRestarts", Severity.Information, "being resized")]
    public void Each_kind_of_loss_is_told_apart_with_its_cure_and_ends_after_five_quiet_minutes(string counter, string reason, Severity severity, string says)
    {
        var node = TunedNode.Create("{}");
        node.Conntrack = With(node.Conntrack!, counter, 1000);
        node.Step();
        Assert.Empty(node.Slice.Notices);

        var step = counter switch { "Invalid" => 3000, "SearchRestart" => 70000, _ => 60 };
        node.Conntrack = With(node.Conntrack!, counter, 1000 + step);
        node.Step(Sample);

        var notice = Assert.Single(node.Slice.Notices);
        Assert.Equal((reason, severity), (notice.Reason, notice.Severity));
        Assert.Contains(says, notice.Message);

        for (var i = 0; i < 22; i++)
        {
            node.Step(Sample);
            Assert.Equal(notice, Assert.Single(node.Slice.Notices));
        }
        node.Step(Sample);
        Assert.Empty(node.Slice.Notices);
    }

    [Fact]
    public void Failed_inserts_into_a_full_table_are_not_called_races()
    {
        var node = TunedNode.Create("{}");
        node.Conntrack = node.Conntrack! with { Count = 65000 };
        node.Step();
        node.Conntrack = node.Conntrack with { InsertFailed = 5000, Drop = 5000 };
        node.Step(Sample);

        Assert.Equal(["ConntrackTableFull", "ConntrackAlmostFull"], node.Slice.Notices.Select(n => n.Reason));
    }

    [Fact]
    public void Counters_of_the_past_are_no_loss_of_today()
    {
        var node = TunedNode.Create("{}");
        node.Conntrack = node.Conntrack! with { Drop = 1_000_000, EarlyDrop = 5_000_000, InsertFailed = 9_000_000, ChainTooLong = 77 };
        for (var i = 0; i < 10; i++)
        {
            node.Step(Sample);
        }

        Assert.Empty(node.Slice.Notices);
    }

    [Fact]
    public void Counters_that_start_anew_are_no_negative_rate()
    {
        var node = TunedNode.Create("{}");
        node.Conntrack = node.Conntrack! with { Drop = 500, InsertFailed = 100 };
        node.Step();
        node.Conntrack = node.Conntrack with { Drop = 3, InsertFailed = 0 };
        node.Step(Sample);
        node.Step(Sample);

        Assert.Empty(node.Slice.Notices);
        Assert.Equal(0, node.Gauge("netagent_conntrack_drop_per_second"));
    }

    [Fact]
    public void A_rise_is_drawn_on_to_the_minute_of_fullness()
    {
        var node = TunedNode.Create("{}");
        for (var count = 30000; count <= 36000; count += 1500)
        {
            node.Conntrack = node.Conntrack! with { Count = count };
            node.Step(Sample);
        }

        // 100 a second, 29536 entries left; at half, where the word was said, it was six minutes.
        Assert.Equal(295.36 / 60, node.Gauge("netagent_conntrack_minutes_until_full")!.Value, 3);
        Assert.Contains("100 entries a second the connection table is full in 6 minutes", node.Notice("ConntrackFillsUp")!.Message);
    }

    [Fact]
    public void A_rise_that_has_ended_is_over_at_the_next_sample()
    {
        var node = TunedNode.Create("{}");
        for (var count = 30000; count <= 36000; count += 1500)
        {
            node.Conntrack = node.Conntrack! with { Count = count };
            node.Step(Sample);
        }
        Assert.NotNull(node.Notice("ConntrackFillsUp"));
        node.Step(Sample);

        Assert.Null(node.Gauge("netagent_conntrack_minutes_until_full"));
        Assert.Null(node.Notice("ConntrackFillsUp"));
    }

    [Fact]
    public void A_table_that_does_not_rise_has_no_minute_of_fullness()
    {
        var node = TunedNode.Create("{}");
        for (var i = 0; i < 8; i++)
        {
            node.Conntrack = node.Conntrack! with { Count = 50000 - (i * 100) };
            node.Step(Sample);
        }

        Assert.Null(node.Gauge("netagent_conntrack_minutes_until_full"));
        Assert.Null(node.Notice("ConntrackFillsUp"));
    }

    [Fact]
    public void Several_looks_at_one_sample_do_not_make_rates()
    {
        var node = TunedNode.Create("{}");
        node.Step();
        node.Conntrack = node.Conntrack! with { InsertFailed = 3 };
        for (var i = 0; i < 50; i++)
        {
            node.Step(TimeSpan.FromMilliseconds(50));
        }
        node.Step(TimeSpan.FromMinutes(1));

        Assert.True(node.Gauge("netagent_conntrack_insert_failed_per_second") < 0.1);
    }

    [Fact]
    public void No_limit_and_no_counters_are_both_said()
    {
        var node = TunedNode.Create("{}", max: 0);
        node.Step();
        Assert.NotNull(node.Notice("ConntrackUnlimited"));
        Assert.Equal(0, node.Gauge("netagent_conntrack_usage_ratio"));

        node.Conntrack = null;
        node.Step();
        Assert.NotNull(node.Notice("ConntrackUnreadable"));
        Assert.Empty(node.Slice.Gauges);
    }

    private static ConntrackFacts With(ConntrackFacts facts, string counter, long value) => counter switch
    {
        "Drop" => facts with { Drop = value },
        "EarlyDrop" => facts with { EarlyDrop = value },
        "InsertFailed" => facts with { InsertFailed = value },
        "ChainTooLong" => facts with { ChainTooLong = value },
        "Invalid" => facts with { Invalid = value },
        _ => facts with { SearchRestart = value },
    };
}
