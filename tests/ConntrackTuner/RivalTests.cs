using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner.Configuration;
using NetAgent.Plugins.Tests;

namespace NetAgent.ConntrackTuner.Tests;

public sealed class RivalTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void A_value_changed_back_again_and_again_is_left_alone_and_the_rival_named_by_value_and_time()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_udp_timeout": 45}}""");
        node.Step();
        Meddle(node, "10");
        Meddle(node, "11");
        Assert.Null(node.Notice("SysctlRival"));
        Assert.Equal("45", node.Sysctls[KnownSysctls.Udp]);

        Meddle(node, "12");

        Assert.Equal("12", node.Sysctls[KnownSysctls.Udp]);
        Assert.False(node.HasRow(KnownSysctls.Udp));
        var notice = node.Notice("SysctlRival")!;
        Assert.Equal(Severity.Error, notice.Severity);
        Assert.StartsWith($"{KnownSysctls.Udp}: wanted 45, and somebody else set it to 10 at 12:01:00 UTC, 11 at 12:03:00 UTC, 12 at 12:05:00 UTC; it is left alone until 2026-03-01 13:05:00 UTC", notice.Message);
    }

    [Fact]
    public void After_the_back_off_it_is_tried_again_and_left_for_longer_each_time()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_udp_timeout": 45}}""");
        node.Step();
        var pauses = new List<double>();
        for (var round = 0; round < 6; round++)
        {
            for (var i = 0; i < 3; i++)
            {
                Meddle(node, "10");
            }
            var began = node.Now;
            while (!node.HasRow(KnownSysctls.Udp))
            {
                node.Step(Minute);
            }
            pauses.Add(Math.Round((node.Now - began).TotalHours));
        }

        Assert.Equal([1, 2, 4, 8, 8, 8], pauses);
        Assert.Equal("45", node.Sysctls[KnownSysctls.Udp]);
        Assert.Null(node.Notice("SysctlRival"));
    }

    [Fact]
    public void Changes_that_lie_far_apart_are_only_repaired()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_udp_timeout": 45}}""");
        node.Step();
        for (var day = 0; day < 10; day++)
        {
            Meddle(node, "10");
            Assert.Equal("45", node.Sysctls[KnownSysctls.Udp]);
            node.Step(TimeSpan.FromHours(23));
        }
        Assert.Null(node.Notice("SysctlRival"));
    }

    [Fact]
    public void A_foreign_value_that_just_stays_is_one_change_however_often_it_is_seen()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_udp_timeout": 45}}""");
        node.Step();
        node.Step(Minute);
        node.Sysctls[KnownSysctls.Udp] = "10";
        for (var i = 0; i < 20; i++)
        {
            node.Look(TimeSpan.FromSeconds(5));
        }

        Assert.True(node.HasRow(KnownSysctls.Udp));
    }

    [Fact]
    public void A_new_wish_of_our_own_is_no_rival()
    {
        var node = TunedNode.Create("{}");
        for (var seconds = 40; seconds < 60; seconds++)
        {
            node.Configure(JsonConfig.Inline("{\"sysctls\": {\"nf_conntrack_udp_timeout\": " + seconds + "}}"));
            node.Step(TimeSpan.FromSeconds(10));
            node.Step(TimeSpan.FromSeconds(10));
        }

        Assert.Equal("59", node.Sysctls[KnownSysctls.Udp]);
        Assert.Null(node.Notice("SysctlRival"));
    }

    [Fact]
    public void Somebody_who_raises_above_a_floor_is_no_rival()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_max": {"atLeast": 100000}}}""");
        node.Step();
        for (var max = 200000; max < 200010; max++)
        {
            node.Sysctls[TunedNode.Max] = $"{max}";
            node.Step(Minute);
        }

        Assert.Equal("200009", node.Sysctls[TunedNode.Max]);
        Assert.Null(node.Notice("SysctlRival"));
    }

    [Fact]
    public void One_contested_value_does_not_hold_up_the_others()
    {
        var node = TunedNode.Create("""{"rivals": {"changes": 1}, "sysctls": {"nf_conntrack_udp_timeout": 45, "nf_conntrack_udp_timeout_stream": 90}}""");
        node.Step();
        Meddle(node, "10");
        node.Sysctls[KnownSysctls.UdpStream] = "90";
        node.Step(Minute);

        Assert.False(node.HasRow(KnownSysctls.Udp));
        Assert.True(node.HasRow(KnownSysctls.UdpStream));
    }

    // Seen as ours, changed a minute later, seen as foreign (and repaired), repaired value seen after another.
    private static void Meddle(ModelNode node, string value)
    {
        node.Look();
        node.Sysctls[KnownSysctls.Udp] = value;
        node.Step(Minute);
        if (node.HasRow(KnownSysctls.Udp))
        {
            node.Step(Minute);
        }
    }
}
