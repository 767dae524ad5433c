using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Conntrack;

/// <summary>Values written, kept, disputed and given back.</summary>
public sealed class TuningTests
{
    private const string Netfilter = "net/netfilter/nf_conntrack_", Udp = Netfilter + "udp_timeout", Stream = Netfilter + "udp_timeout_stream";

    [KernelFact]
    public void High_throughput_is_written_kept_for_the_next_boot_and_given_back()
    {
        using var node = new InitialNode(max: 131072);
        node.Configure("{profile: high-throughput, persist: true, memoryShare: 60%}");
        node.Start();
        // Files come after sysctls in a sync.
        node.Eventually(() => File.Exists(node.PersistedFile), "the file");
        Assert.Equal("1048576", InitialNode.Get(Netfilter + "max"));
        Assert.Equal(262144, InitialNode.Number(Netfilter + "buckets"));
        Assert.Equal("600", InitialNode.Get(Netfilter + "tcp_timeout_established"));
        Assert.Equal("30", InitialNode.Get(Netfilter + "tcp_timeout_time_wait"));
        Assert.Equal(
            ["-net.netfilter.nf_conntrack_buckets = 262144", "-net.netfilter.nf_conntrack_max = 1048576",
                "-net.netfilter.nf_conntrack_tcp_timeout_established = 600", "-net.netfilter.nf_conntrack_tcp_timeout_time_wait = 30"],
            File.ReadAllLines(node.PersistedFile).Where(l => !l.StartsWith('#')));
        // The file is what systemd-sysctl would apply: every line is one that sysctl(8) takes.
        Shell.Run("sysctl", "-p", node.PersistedFile);

        // A restart goes on and still knows what was before.
        node.Stop();
        node.Start();
        node.Eventually(() => node.Running.Log.Contains(" is in after ", StringComparison.Ordinal), "restarted");
        InitialNode.Set(Netfilter + "tcp_timeout_time_wait", "77");
        node.Eventually(() => InitialNode.Get(Netfilter + "tcp_timeout_time_wait") == "30", "put right");
        File.Delete(node.PersistedFile);
        node.Eventually(() => File.Exists(node.PersistedFile), "written again");
        node.Stop();
        Assert.Equal("", node.CleanUp());
        Assert.False(File.Exists(node.PersistedFile));
    }

    [KernelFact]
    public void A_table_that_shrinks_and_odd_buckets_come_back_to_what_they_were()
    {
        using var node = new InitialNode(max: 65536);
        var buckets = InitialNode.Number(Netfilter + "buckets");
        // Neither a power of two nor a multiple of the kernel's page.
        node.Configure("{sysctls: {net.netfilter.nf_conntrack_max: 20000, net.netfilter.nf_conntrack_buckets: 5001, net.netfilter.nf_conntrack_udp_timeout_stream: 150}}");
        node.Start();
        node.Eventually(() => InitialNode.Get(Netfilter + "max") == "20000", "max");
        node.Eventually(() => InitialNode.Number(Netfilter + "buckets") is >= 5001 and < 5001 + 512, "buckets, rounded up by the kernel");
        var rounded = InitialNode.Get(Netfilter + "buckets");
        LookedAgain(node);
        // Rounding is neither drift nor a failure.
        Assert.All(node.Running.Log.Split('\n').Where(line => line.Contains("put right", StringComparison.Ordinal)),
            line => Assert.DoesNotContain("buckets", line, StringComparison.Ordinal));
        Assert.Contains(", 0 refused", node.Running.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("RowRefused", node.Running.Log, StringComparison.Ordinal);
        Assert.Equal(rounded, InitialNode.Get(Netfilter + "buckets"));
        node.Stop();
        Assert.Equal("", node.CleanUp());
        Assert.Equal(buckets, InitialNode.Number(Netfilter + "buckets"));
    }

    [KernelTheory]
    [InlineData(0)]
    [InlineData(1500)]
    public void A_rival_is_named_with_value_and_times_and_no_longer_fought(int delay)
    {
        using var node = new InitialNode(max: 131072);
        node.Configure("{sysctls: {net.netfilter.nf_conntrack_udp_timeout: 45, net.netfilter.nf_conntrack_udp_timeout_stream: 150}, rivals: {changes: 3, window: 10m, backOff: 1h}}");
        node.Start();
        node.Eventually(() => InitialNode.Get(Udp) == "45", "written");
        node.Eventually(
            () =>
            {
                if (InitialNode.Get(Udp) == "45")
                {
                    Thread.Sleep(delay);
                    InitialNode.Set(Udp, "20");
                }
                return node.Running.Log.Contains("SysctlRival", StringComparison.Ordinal);
            },
            "the rival is named");
        Assert.Matches("net/netfilter/nf_conntrack_udp_timeout: wanted 45, and somebody else set it to 20 at [0-9:]{8} UTC, 20 at [0-9:]{8} UTC, 20 at [0-9:]{8} UTC; it is left alone until",
            node.Running.Log);
        LookedAgain(node);
        Assert.Equal("20", InitialNode.Get(Udp));
        if (delay > 0)
        {
            // A restart ends the truce; what was first is still known, and comes back.
            node.Stop();
            node.Start();
            node.Eventually(() => InitialNode.Get(Udp) == "45", "written again");
            node.Stop();
            node.CleanUp();
            Assert.Equal("30", InitialNode.Get(Udp));
            return;
        }
        node.Stop();
        // Theirs stays: it is not ours to take back.
        node.CleanUp();
        Assert.Equal("20", InitialNode.Get(Udp));
        InitialNode.Set(Udp, "30");
    }

    [KernelFact]
    public void A_pattern_leaves_no_trace_on_interfaces_made_or_renamed_meanwhile()
    {
        using var net = new ClusterNetwork();
        net.Node1.Script("echo 2 > /proc/sys/net/ipv4/conf/default/rp_filter; ip link add old0 type dummy");
        var before = Sysctls.Of(net.Node1);
        using var agent = new NodeAgent(net, """
            - name: conntrack-tuner
              config: {sysctls: {net.ipv4.conf.*.rp_filter: 1}}
            """).Start();
        string Filter(string link) => net.Node1.Script($"cat /proc/sys/net/ipv4/conf/{link}/rp_filter").Trim();
        agent.Eventually(() => Filter("old0") == "1", "written");
        net.Node1.Script("ip link add made0 type dummy; ip link set old0 name new0");
        agent.Eventually(() => Filter("made0") == "1" && Filter("new0") == "1", "a new one is followed");
        Assert.Equal("2", Filter("default"));
        agent.Stop();
        agent.Command("cleanup", "--config", agent.Configuration);

        Assert.Equal(("2", "2"), (Filter("made0"), Filter("new0")));
        net.Node1.Script("ip link del made0; ip link set new0 name old0");
        Assert.Equal("", Sysctls.Between(before, Sysctls.Of(net.Node1)));
    }

    [KernelFact]
    public void In_another_network_namespace_the_table_is_observed_and_the_rest_is_written()
    {
        using var net = new ClusterNetwork();
        var before = Sysctls.Of(net.Node1);
        using var agent = new NodeAgent(net, """
            - name: conntrack-tuner
              config: {sysctls: {net.netfilter.nf_conntrack_max: 999424, net.netfilter.nf_conntrack_udp_timeout: 45}, memoryShare: 60%}
            """).Start();
        agent.Eventually(() => net.Node1.Script("cat /proc/sys/" + Udp).Trim() == "45", "what can be written is");
        agent.Eventually(() => agent.Running.Log.Contains("SysctlReadOnly", StringComparison.Ordinal), "what cannot is said");
        Assert.Contains("net/netfilter/nf_conntrack_max is ", agent.Running.Log, StringComparison.Ordinal);
        Assert.NotEqual("999424", net.Node1.Script("cat /proc/sys/net/netfilter/nf_conntrack_max").Trim());
        Assert.Contains("conntrack-tuner", agent.Command("status", "--config", agent.Configuration), StringComparison.Ordinal);
        agent.Stop();
        agent.Command("cleanup", "--config", agent.Configuration);
        Assert.Equal("", Sysctls.Between(before, Sysctls.Of(net.Node1)));
    }

    // What is put right tells that the agent has looked; once more, since the first look may have begun before. Twice is no rival yet.
    private static void LookedAgain(InitialNode node)
    {
        for (var i = 0; i < 2; i++)
        {
            InitialNode.Set(Stream, "99");
            node.Eventually(() => InitialNode.Get(Stream) == "150", "another value is put right");
        }
    }
}
