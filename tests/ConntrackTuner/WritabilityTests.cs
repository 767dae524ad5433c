using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner.Configuration;
using NetAgent.Plugins.Tests;

namespace NetAgent.ConntrackTuner.Tests;

public sealed class WritabilityTests
{
    [Fact]
    public void What_cannot_be_written_is_observed_and_said_and_the_rest_goes_in()
    {
        var node = TunedNode.Create("""{"profile": "high-throughput"}""");
        node.ReadOnly[TunedNode.Max] = "not the initial network namespace";
        node.ReadOnly[TunedNode.Buckets] = "not the initial network namespace";
        node.Step();

        Assert.Equal(["600", "30"], node.Slice.Sysctls.Rows.Select(s => s.Value));
        var notice = node.Notice("SysctlReadOnly")!;
        Assert.Equal(Severity.Warning, notice.Severity);
        Assert.Contains($"{TunedNode.Max} is 65536, wanted 1048576 or more: not the initial network namespace", notice.Message);
    }

    [Fact]
    public void A_read_only_value_that_is_right_already_is_nothing_to_speak_of()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_udp_timeout": 30}}""");
        node.ReadOnly[KnownSysctls.Udp] = "read-only file system";
        node.Step();

        Assert.Empty(node.Slice.Sysctls.Rows);
        Assert.Empty(node.Slice.Notices);
    }

    [Theory]
    [InlineData("net.bridge.bridge-nf-call-iptables", "modprobe br_netfilter")]
    [InlineData("net.ipv4.vs.conn_max", "modprobe ip_vs")]
    [InlineData("nf_conntrack_tcp_loose", "modprobe nf_conntrack")]
    [InlineData("net.ipv4.conf.eth7.rp_filter", "interface's name")]
    public void What_the_kernel_does_not_have_is_named_with_its_cure_and_written_once_it_is_there(string name, string cure)
    {
        var node = TunedNode.Create("{\"sysctls\": {\"" + name + "\": 1}}");
        node.Step();
        Assert.Empty(node.Slice.Sysctls.Rows);
        Assert.Contains(cure, node.Notice("SysctlMissing")!.Message);

        var path = SysctlName.Normalise(name)!;
        node.Sysctls[path] = "0";
        node.Step();

        Assert.Equal("1", node.Sysctls[path]);
        Assert.Null(node.Notice("SysctlMissing"));
    }

    [Fact]
    public void Facts_that_were_never_read_are_not_taken_for_a_kernel_without_conntrack()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_udp_timeout": 45}}""");
        node.IsUnread = true;
        node.Step();

        Assert.Equal("45", node.Row(KnownSysctls.Udp).Value);
        Assert.Null(node.Notice("SysctlMissing"));
    }

    [Fact]
    public void A_pattern_reaches_every_interface_and_new_ones_and_gives_way_to_a_name()
    {
        var node = TunedNode.Create("""{"sysctls": {"net.ipv4.conf.*.rp_filter": 0, "net/ipv4/conf/eth0/rp_filter": 1}}""");
        node.Sysctls["net/ipv4/conf/all/rp_filter"] = node.Sysctls["net/ipv4/conf/default/rp_filter"] = "2";
        node.Step();
        Assert.Equal(["0", "2", "0", "1"], new[] { "all", "default", "eth0.100", "eth0" }.Select(i => node.Sysctls[$"net/ipv4/conf/{i}/rp_filter"]));

        node.Sysctls["net/ipv4/conf/veth1/rp_filter"] = "2";
        node.Step();
        Assert.Equal("0", node.Sysctls["net/ipv4/conf/veth1/rp_filter"]);
    }

    [Fact]
    public void Interfaces_made_meanwhile_go_back_to_what_they_were_made_with()
    {
        var node = TunedNode.Create("""{"sysctls": {"net.ipv4.conf.*.rp_filter": 1}}""");
        node.Sysctls["net/ipv4/conf/default/rp_filter"] = "2";
        node.Step();
        // The kernel gives a new interface default's value.
        node.Sysctls["net/ipv4/conf/veth1/rp_filter"] = node.Sysctls["net/ipv4/conf/default/rp_filter"];
        node.Step();
        Assert.Equal("1", node.Sysctls["net/ipv4/conf/veth1/rp_filter"]);

        node.Configure(JsonConfig.Inline("{}"));
        node.Step();
        Assert.Equal(["0", "2", "2", "2"], new[] { "all", "default", "eth0", "veth1" }.Select(i => node.Sysctls[$"net/ipv4/conf/{i}/rp_filter"]));
    }

    [Fact]
    public void Persisting_writes_a_file_that_boots_well()
    {
        var node = TunedNode.Create("""{"persist": true, "sysctls": {"nf_conntrack_max": 200000, "net/ipv4/conf/eth0.100/rp_filter": 2, "net.ipv4.conf.*.rp_filter": 1}}""");
        node.Step();

        var file = Assert.Single(node.Slice.Files.Rows);
        Assert.Equal("/etc/sysctl.d/90-netagent.conf", file.Path);
        Assert.Equal(
            ["-net.netfilter.nf_conntrack_buckets = 65536", "-net.ipv4.conf.*.rp_filter = 1", "-net.ipv4.conf.default.rp_filter",
                "-net/ipv4/conf/eth0.100/rp_filter = 2", "-net.netfilter.nf_conntrack_max = 200000"],
            file.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1));
    }

    [Theory]
    [InlineData("/lib/systemd/systemd-sysctl")]
    [InlineData("/sbin/sysctl", "-p")]
    public void The_persisted_file_gives_after_a_boot_what_the_plugin_gives(string program, params string[] options)
    {
        Assert.SkipUnless(NativeNamespace.IsPossible && File.Exists(program), $"needs root, network namespaces and {program}");
        var node = TunedNode.Create("""{"persist": true, "sysctls": {"net/ipv4/conf/eth0.100/rp_filter": 1, "net.ipv4.conf.*.rp_filter": 0}}""");
        node.Step();
        var file = Path.GetTempFileName();
        File.WriteAllText(file, Assert.Single(node.Slice.Files.Rows).Text);
        try
        {
            var values = NativeNamespace.Script($"""
                ip link add eth0 type veth peer name eth0.100
                for i in default all lo eth0 eth0.100; do echo 2 > /proc/sys/net/ipv4/conf/$i/rp_filter; done
                {program} {string.Join(' ', options)} {file} >&2
                for i in default all lo eth0 eth0.100; do cat /proc/sys/net/ipv4/conf/$i/rp_filter; done
                """);
            Assert.Equal(["2", "0", "0", "0", "1"], values.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_refused_size_is_not_kept_for_the_next_boot_either()
    {
        var node = TunedNode.Create("""{"persist": true, "sysctls": {"nf_conntrack_max": 999999999, "nf_conntrack_udp_timeout": 45}}""");
        node.Step();

        Assert.DoesNotContain("nf_conntrack_max", Assert.Single(node.Slice.Files.Rows).Text);
        Assert.Contains("nf_conntrack_udp_timeout = 45", node.Slice.Files.Rows[0].Text);
    }

    [Fact]
    public void A_floor_is_kept_as_what_the_kernel_has_when_that_is_more()
    {
        var node = TunedNode.Create("""{"persist": true, "sysctls": {"nf_conntrack_max": {"atLeast": 131072}, "nf_conntrack_udp_timeout": {"atLeast": 20}}}""");
        node.Step();
        Assert.Contains("nf_conntrack_max = 131072", Assert.Single(node.Slice.Files.Rows).Text);

        // Loaded by somebody, it takes nothing away from who raised further.
        node.Sysctls[TunedNode.Max] = "400000";
        node.Step(TimeSpan.FromMinutes(1));
        Assert.Contains("nf_conntrack_max = 400000", Assert.Single(node.Slice.Files.Rows).Text);
        Assert.Contains("nf_conntrack_udp_timeout = 30", node.Slice.Files.Rows[0].Text);
    }

    [Fact]
    public void A_size_that_adapts_is_not_kept()
    {
        var node = TunedNode.Create("""{"persist": true, "adaptive": {}, "sysctls": {"nf_conntrack_max": 131072, "nf_conntrack_buckets": 32768, "nf_conntrack_udp_timeout": 45}}""");
        node.Step();

        var text = Assert.Single(node.Slice.Files.Rows).Text;
        Assert.DoesNotContain("nf_conntrack_max", text);
        Assert.DoesNotContain("nf_conntrack_buckets", text);
        Assert.Contains("nf_conntrack_udp_timeout = 45", text);
    }

    [Fact]
    public void Loading_the_persisted_file_makes_nobody_a_rival_and_takes_nothing_from_a_table_that_has_grown()
    {
        var node = TunedNode.Create("""{"persist": true, "adaptive": {}, "sysctls": {"nf_conntrack_max": 65536, "nf_conntrack_udp_timeout": 45}}""", buckets: 16384);
        node.Step();
        node.Conntrack = node.Conntrack! with { Count = 60000 };
        node.Step(TimeSpan.FromMinutes(1));
        Assert.Equal("131072", node.Sysctls[TunedNode.Max]);

        for (var i = 0; i < 4; i++)
        {
            Load(Assert.Single(node.Slice.Files.Rows), node);
            node.Step(TimeSpan.FromMinutes(1));
            node.Step(TimeSpan.FromMinutes(1));
        }

        Assert.Null(node.Notice("SysctlRival"));
        Assert.Equal(("131072", "45"), (node.Sysctls[TunedNode.Max], node.Sysctls[KnownSysctls.Udp]));
    }

    private static void Load(ConfigFile file, ModelNode node)
    {
        foreach (var line in file.Text.Split('\n').Where(l => l.StartsWith('-')))
        {
            var parts = line[1..].Split(" = ");
            node.Sysctls[parts[0].Replace('.', '/')] = parts[1];
        }
    }
}
