using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner.Planning;

namespace NetAgent.ConntrackTuner.Tests;

public sealed class TableTests
{
    [Fact]
    public void Max_without_buckets_brings_a_quarter_of_buckets_along()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_max": 600000}}""");
        node.Step();

        Assert.Equal(("600000", "150016"), (node.Sysctls[TunedNode.Max], node.Sysctls[TunedNode.Buckets]));
    }

    [Theory]
    [InlineData("""{"sysctls": {"nf_conntrack_buckets": 268435456}, "persist": true}""")]
    [InlineData("""{"sysctls": {"nf_conntrack_buckets": {"atLeast": 268435456}}, "adaptive": {}, "persist": true}""")]
    public void Buckets_alone_that_take_too_much_memory_are_refused_too(string config)
    {
        var node = TunedNode.Create(config);
        node.MemoryBytes = 4L << 30;
        node.Step();

        Assert.Empty(node.Writes);
        var notice = node.Notice("ConntrackTableTooLarge")!;
        Assert.Contains("268435456 buckets take 2048 MiB of kernel memory at once, 50 % of the node's 4096 MiB; 25 % (memoryShare) allow 134217728", notice.Message);
        Assert.DoesNotContain("buckets", Assert.Single(node.Slice.Files.Rows).Text);
    }

    [Fact]
    public void Buckets_alone_that_are_there_or_fit_are_written()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_buckets": 131072}}""");
        node.Step();
        Assert.Equal("131072", node.Sysctls[TunedNode.Buckets]);
        Assert.Null(node.Notice("ConntrackTableTooLarge"));
    }

    [Fact]
    public void Buckets_shrink_after_max()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_max": 65536, "nf_conntrack_buckets": 16384}}""", max: 262144, buckets: 65536);
        node.Step();

        Assert.Equal([$"{TunedNode.Max}=65536", $"{TunedNode.Buckets}=16384"], node.Writes);
    }

    [Theory]
    [InlineData(512, 100352)]
    [InlineData(8192, 106496)]
    public void The_kernels_rounding_of_buckets_to_a_page_is_no_drift(int bucketsPerPage, int readBack)
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_max": 100000, "nf_conntrack_buckets": 100000}}""");
        node.Step();
        Assert.Equal("100352", node.Sysctls[TunedNode.Buckets]);

        node.Sysctls[TunedNode.Buckets] = $"{(100000 + bucketsPerPage - 1) / bucketsPerPage * bucketsPerPage}";
        node.Writes.Clear();
        node.Step(TimeSpan.FromMinutes(1));

        Assert.Equal($"{readBack}", node.Sysctls[TunedNode.Buckets]);
        Assert.Empty(node.Writes);
        Assert.Null(node.Notice("SysctlRival"));
    }

    [Fact]
    public void Max_is_not_lowered_below_what_open_connections_need()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_max": 100000, "nf_conntrack_buckets": 25088}}""", max: 262144, buckets: 65536);
        node.Conntrack = node.Conntrack! with { Count = 90000 };
        node.Step();

        Assert.Empty(node.Writes);
        Assert.Contains("stays at 262144 and is not lowered to 100000", node.Notice("ConntrackMaxHeld")!.Message);

        node.Conntrack = node.Conntrack! with { Count = 80000 };
        node.Step(TimeSpan.FromMinutes(1));

        Assert.Equal("100000", node.Sysctls[TunedNode.Max]);
        Assert.Null(node.Notice("ConntrackMaxHeld"));
    }

    [Fact]
    public void A_max_in_force_stays_wanted_when_connections_near_it()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_max": 100000}}""");
        node.Step();
        node.Conntrack = node.Conntrack! with { Count = 99000 };
        node.Step(TimeSpan.FromMinutes(1));

        Assert.Equal("100000", node.Row(TunedNode.Max).Value);
        Assert.Equal("100000", node.Sysctls[TunedNode.Max]);
    }

    [Fact]
    public void Max_is_not_lowered_while_nobody_can_count()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_max": 50000}}""");
        node.Conntrack = null;
        node.Step();

        Assert.Equal("65536", node.Sysctls[TunedNode.Max]);
        Assert.Contains("cannot be read", node.Notice("ConntrackMaxHeld")!.Message);
    }

    [Fact]
    public void No_limit_is_a_larger_table_than_any_when_lowered()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_max": 100000}}""", max: 0);
        node.Conntrack = node.Conntrack! with { Count = 5_000_000 };
        node.Step();
        Assert.Equal("0", node.Sysctls[TunedNode.Max]);

        node.Conntrack = node.Conntrack! with { Count = 10 };
        node.Step();
        Assert.Equal("100000", node.Sysctls[TunedNode.Max]);
    }

    [Theory]
    [InlineData(16, 4, 25, true)] // 1048576 entries: 402 MiB of 4 GiB
    [InlineData(16, 1, 25, false)]
    [InlineData(16, 1, 50, true)]
    [InlineData(64, 4, 25, false)]
    public void A_table_that_would_take_too_much_memory_is_refused_with_the_figures(int times65536, int gibibytes, int percent, bool isTaken)
    {
        var entries = times65536 * 65536;
        var node = TunedNode.Create("{\"memoryShare\": \"" + percent + "%\", \"sysctls\": {\"nf_conntrack_max\": " + entries + "}}");
        node.MemoryBytes = (long)gibibytes << 30;
        node.Step();

        Assert.Equal(isTaken ? $"{entries}" : "65536", node.Sysctls[TunedNode.Max]);
        Assert.Equal(!isTaken, node.Notice("ConntrackTableTooLarge") is { Severity: Severity.Error });
        Assert.Equal(!isTaken, node.Notice("ConntrackTableTooLarge")?.Message.Contains($"% of the node's {gibibytes * 1024} MiB") ?? false);
    }

    [Fact]
    public void A_floor_that_is_met_asks_for_no_memory()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_max": {"atLeast": 1048576}}}""", max: 2097152, buckets: 524288);
        node.MemoryBytes = 1L << 30;
        node.Step();

        Assert.Empty(node.Writes);
        Assert.Empty(node.Slice.Notices);
    }

    [Fact]
    public void A_table_refused_later_does_not_fall_back_to_an_older_size()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_max": 1048576}}""");
        node.Step();
        node.Configure(Plugins.Tests.JsonConfig.Inline("""{"sysctls": {"nf_conntrack_max": 999999999}}"""));
        node.Step();

        Assert.Equal("1048576", node.Sysctls[TunedNode.Max]);
        Assert.NotNull(node.Notice("ConntrackTableTooLarge"));
    }

    [Fact]
    public void Kube_proxys_own_size_is_written_as_kube_proxy_does_and_said_to_be_costly()
    {
        var node = TunedNode.Create();
        node.Configure(KubeProxyConntrackTests.File("{}"));
        node.MemoryBytes = 128L << 20;
        node.Step();

        Assert.Equal("131072", node.Sysctls[TunedNode.Max]);
        Assert.Equal(Severity.Warning, node.Notice("ConntrackTableCostly")!.Severity);
    }

    [Fact]
    public void A_floor_keeps_what_is_higher()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_max": {"atLeast": 50000}, "nf_conntrack_tcp_timeout_time_wait": {"atLeast": 200}}}""");
        node.Step();

        Assert.Equal(["net/netfilter/nf_conntrack_tcp_timeout_time_wait=200"], node.Writes);
    }

    [Theory]
    [InlineData(0, 1, true)]
    [InlineData(1000, 1000, true)]
    [InlineData(1000, 1024, true)]
    [InlineData(1000, 8192, true)]
    [InlineData(1000, 8193, false)]
    [InlineData(1000, 999, false)]
    public void Rounded_means_up_to_one_page_of_any_size(long wanted, long current, bool expected) =>
        Assert.Equal(expected || wanted == 0 && current == 0, TableSize.IsRounded(wanted == 0 ? 1 : wanted, current));
}
