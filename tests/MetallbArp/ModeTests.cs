using NetAgent.Contracts;
using NetAgent.Plugins.Tests;

namespace NetAgent.MetallbArp.Tests;

public sealed class ModeTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Mode_all_writes_conf_all_and_leaves_interfaces_and_default_alone()
    {
        var node = ArpNode.Create("""{"mode": "all"}""");
        node.Step();

        Assert.Equal(["net/ipv4/conf/all/arp_ignore=1", "net/ipv4/conf/all/arp_announce=2"], node.Writes);
    }

    [Fact]
    public void Mode_interfaces_writes_the_uplink_only()
    {
        var node = ArpNode.Create("""{"mode": "interfaces"}""");
        node.Step();

        Assert.Equal(["net/ipv4/conf/eth0/arp_ignore=1", "net/ipv4/conf/eth0/arp_announce=2"], node.Writes);
        Assert.Equal((0, 0), ArpNode.Effective(node, "cali12345"));
        Assert.Empty(node.Slice.Notices);
    }

    [Theory]
    [InlineData("observe")]
    [InlineData("off")]
    public void Other_modes_write_nothing(string mode)
    {
        var node = ArpNode.Create("{\"mode\": \"" + mode + "\"}");
        node.Step();

        Assert.Empty(node.Slice.Sysctls.Rows);
        Assert.Equal(mode == "observe", node.Slice.Notices.Count > 0);
    }

    [Theory]
    [InlineData("all")]
    [InlineData("interfaces")]
    public void From_any_values_the_uplink_ends_right_stays_so_and_cleaning_up_brings_them_back(string mode)
    {
        for (var onAll = 0; onAll <= (mode == "all" ? 9 : 2); onAll++)
        {
            for (var own = -1; own <= 9; own++)
            {
                var node = ArpNode.Create("{\"mode\": \"" + mode + "\"}");
                foreach (var setting in (string[])["arp_ignore", "arp_announce"])
                {
                    ArpNode.Set(node, "all", setting, onAll);
                    ArpNode.Set(node, "eth0", setting, own);
                }
                var before = node.Sysctls.ToList();

                node.Step();
                var (ignore, announce) = ArpNode.Effective(node, "eth0");
                Assert.True(ignore is 1 or 2 && announce == 2, $"all {onAll}, eth0 {own}: ended with {ignore} and {announce}");
                Assert.DoesNotContain(node.Slice.Sysctls.Rows, r => r.Value == "8" || r.Path.Contains("/default/") || r.Path.Contains("ipv6"));
                var gone = node.Slice.Notices.Where(n => n.Reason.StartsWith("ArpAn", StringComparison.Ordinal));
                Assert.Empty(gone);

                node.Writes.Clear();
                node.Step(Minute);
                node.Step(Minute);
                Assert.Empty(node.Writes);

                node.Slice.Remove("arp");
                node.Write();
                Assert.Equal(before, node.Sysctls);
            }
        }
    }

    [Fact]
    public void A_value_that_will_do_and_is_somebody_elses_stays_theirs()
    {
        var node = ArpNode.Create("""{"mode": "interfaces"}""");
        ArpNode.Set(node, "eth0", "arp_ignore", 2);
        node.Step();

        Assert.Equal(["net/ipv4/conf/eth0/arp_announce"], node.Slice.Sysctls.Rows.Select(s => s.Path));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    public void Mode_interfaces_cannot_undo_conf_all_and_says_so(int onAll)
    {
        var node = ArpNode.Create("""{"mode": "interfaces"}""");
        ArpNode.Set(node, "all", "arp_ignore", onAll);
        node.Step();

        var notice = node.Notice("ArpAnswersForServices")!;
        Assert.Equal(Severity.Error, notice.Severity);
        Assert.Contains($"eth0: arp_ignore is effectively {onAll} (conf/all {onAll}, own 1)", notice.Message);
        Assert.Contains("set it to 0, or use mode: all", notice.Message);
        Assert.Equal(onAll, ArpNode.Own(node, "all", "arp_ignore"));
    }

    [Fact]
    public void New_uplinks_are_followed_and_pod_links_are_not()
    {
        var node = ArpNode.Create("""{"mode": "interfaces"}""");
        node.Step();
        var bond = ArpNode.Link(20, "bond1", "198.51.100.7/24");
        ArpNode.SetLinks(node, ArpNode.Lo, ArpNode.Eth0, bond, ArpNode.Pod, ArpNode.Pod with { Index = 5, Name = "cali777" });
        node.Step();
        Assert.Equal((1, 2), ArpNode.Effective(node, "bond1"));
        Assert.Equal((0, 0), ArpNode.Effective(node, "cali777"));

        ArpNode.SetLinks(node, ArpNode.Lo, ArpNode.Eth0);
        node.Step();
        Assert.Equal(["net/ipv4/conf/eth0/arp_ignore", "net/ipv4/conf/eth0/arp_announce"], node.Slice.Sysctls.Rows.Select(s => s.Path));
    }

    [Fact]
    public void A_link_pinned_above_conf_all_after_the_fact_is_repaired_in_mode_all()
    {
        var node = ArpNode.Create("""{"mode": "all"}""");
        node.Step();
        ArpNode.SetLinks(node, ArpNode.Lo, ArpNode.Eth0, ArpNode.Link(20, "br-ex", "198.51.100.7/24"));
        ArpNode.Set(node, "br-ex", "arp_ignore", 3);
        node.Step();

        Assert.Equal((1, 2), ArpNode.Effective(node, "br-ex"));
    }

    [Fact]
    public void Links_that_cannot_be_read_leave_what_is_there()
    {
        var node = ArpNode.Create("""{"mode": "interfaces"}""");
        node.Step();
        node.Links = null;
        node.Writes.Clear();
        node.Step(Minute);
        Assert.Equal((1, 2), ArpNode.Effective(node, "eth0"));
        Assert.Empty(node.Writes);
    }

    [Fact]
    public void Links_never_read_write_nothing_in_mode_interfaces_and_conf_all_in_mode_all()
    {
        foreach (var (mode, rows) in (ReadOnlySpan<(string, int)>)[("interfaces", 0), ("all", 2)])
        {
            var node = ArpNode.Create("{\"mode\": \"" + mode + "\"}");
            node.Links = null;
            node.Step();
            Assert.Equal(rows, node.Slice.Sysctls.Rows.Count);
        }
    }

    [Fact]
    public void Turning_strict_ARP_off_puts_back_what_was()
    {
        const string head = """{"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "ipvs": {"strictARP": """;
        var node = ArpNode.Create();
        node.Configure(JsonConfig.File(head + "true}}"));
        node.Step();
        Assert.Equal((1, 2), ArpNode.Effective(node, "eth0"));

        node.Configure(JsonConfig.File(head + "false}}"));
        node.Step();
        Assert.Equal((0, 0), ArpNode.Effective(node, "eth0"));
    }

    [Fact]
    public void From_all_to_interfaces_conf_all_goes_back_and_pods_are_answered_again()
    {
        var node = ArpNode.Create("""{"mode": "all"}""");
        node.Step();
        Assert.NotNull(node.Notice("ArpUnnumberedLinks"));
        node.Configure(JsonConfig.Inline("""{"mode": "interfaces"}"""));
        node.Step();
        // What was seen then was from before our own write: nobody else is to blame.
        Assert.Null(node.Notice("ArpUnnumberedLinks"));
        node.Step(Minute);

        Assert.Equal((1, 2), ArpNode.Effective(node, "eth0"));
        Assert.Equal((0, 0), ArpNode.Effective(node, "cali12345"));
        Assert.Null(node.Notice("ArpUnnumberedLinks"));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 1)]
    public void From_interfaces_to_all_only_a_value_that_was_too_high_stays_lowered(int before, int after)
    {
        var node = ArpNode.Create("""{"mode": "interfaces"}""");
        ArpNode.Set(node, "eth0", "arp_ignore", before);
        node.Step();
        Assert.Equal(1, ArpNode.Own(node, "eth0", "arp_ignore"));
        node.Configure(JsonConfig.Inline("""{"mode": "all"}"""));
        node.Step();
        node.Step(Minute);

        Assert.Equal((after, 0), (ArpNode.Own(node, "eth0", "arp_ignore"), ArpNode.Own(node, "eth0", "arp_announce")));
        Assert.Equal((1, 2), ArpNode.Effective(node, "eth0"));
    }

    [Fact]
    public void A_lowered_value_stays_over_a_restart_in_mode_all()
    {
        var node = ArpNode.Create("""{"mode": "all"}""");
        ArpNode.Set(node, "all", "arp_ignore", 1);
        ArpNode.Set(node, "eth0", "arp_ignore", 1);
        node.Step();

        Assert.Contains(node.Slice.Sysctls.Rows, row => row.Path == "net/ipv4/conf/eth0/arp_ignore");
    }

    [Fact]
    public void A_rival_is_named_and_left_to_it_and_the_exposure_is_an_error()
    {
        var node = ArpNode.Create("""{"mode": "interfaces"}""");
        node.Step();
        for (var i = 0; i < 3; i++)
        {
            node.Look();
            ArpNode.Set(node, "eth0", "arp_ignore", 0);
            node.Step(Minute);
        }

        Assert.Equal(0, ArpNode.Own(node, "eth0", "arp_ignore"));
        Assert.Contains("net/ipv4/conf/eth0/arp_ignore: wanted 1, and somebody else set it to 0 at 12:01:00 UTC", node.Notice("SysctlRival")!.Message);
        Assert.Contains("answers ARP requests for 192.0.2.100", node.Notice("ArpAnswersForServices")!.Message);
    }

    [Fact]
    public void Read_only_settings_are_observed_and_said()
    {
        var node = ArpNode.Create("""{"mode": "all"}""");
        node.ReadOnly["net/ipv4/conf/all/arp_ignore"] = "read-only file system";
        node.Step();

        Assert.Equal(["net/ipv4/conf/all/arp_announce"], node.Slice.Sysctls.Rows.Select(s => s.Path));
        Assert.Contains("net/ipv4/conf/all/arp_ignore is 0, wanted 1: read-only file system", node.Notice("SysctlReadOnly")!.Message);
        Assert.NotNull(node.Notice("ArpAnswersForServices"));
        Assert.Null(node.Notice("ArpAnnouncesServices"));
    }

    [Fact]
    public void A_node_without_an_uplink_says_so()
    {
        var node = ArpNode.Create("""{"mode": "interfaces"}""", ArpNode.Lo, ArpNode.Pod);
        node.Step();

        Assert.NotNull(node.Notice("ArpNoUplink"));
    }
}
