using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner;
using NetAgent.Plugins.Tests;

namespace NetAgent.ConntrackTuner.Tests;

/// <summary>A model node with the plugin and a kernel's defaults (6.1, one CPU).</summary>
internal static class TunedNode
{
    public const string Max = "net/netfilter/nf_conntrack_max";
    public const string Buckets = "net/netfilter/nf_conntrack_buckets";
    public const string Established = "net/netfilter/nf_conntrack_tcp_timeout_established";
    public const string TimeWait = "net/netfilter/nf_conntrack_tcp_timeout_time_wait";

    public static ModelNode Create(string? config = null, long max = 65536, long buckets = 65536)
    {
        var node = new ModelNode(new ConntrackTunerPlugin())
        {
            Conntrack = new() { Count = 1000, Max = max, Buckets = buckets },
        };
        foreach (var (path, value) in (ReadOnlySpan<(string, string)>)
            [
                (Max, $"{max}"), (Buckets, $"{buckets}"), (Established, "432000"), (TimeWait, "120"),
                ("net/netfilter/nf_conntrack_tcp_timeout_close_wait", "60"), ("net/netfilter/nf_conntrack_tcp_timeout_fin_wait", "120"),
                ("net/netfilter/nf_conntrack_tcp_be_liberal", "0"), ("net/netfilter/nf_conntrack_udp_timeout", "30"),
                ("net/netfilter/nf_conntrack_udp_timeout_stream", "120"), ("net/ipv4/ip_forward", "0"),
                ("net/ipv4/conf/all/rp_filter", "0"), ("net/ipv4/conf/default/rp_filter", "0"), ("net/ipv4/conf/eth0/rp_filter", "2"),
                ("net/ipv4/conf/eth0.100/rp_filter", "2"), ("net/ipv4/vs/conntrack", "0"),
            ])
        {
            node.Sysctls[path] = value;
        }
        if (config is not null)
        {
            var result = node.Configure(JsonConfig.Inline(config));
            Assert.True(result.IsAccepted, string.Join("\n", result.Problems));
        }
        return node;
    }

    public static Sysctl Row(this ModelNode node, string path) => node.Slice.Sysctls.Rows.Single(s => s.Path == path);

    public static bool HasRow(this ModelNode node, string path) => node.Slice.Sysctls.Rows.Any(s => s.Path == path);

    public static Notice? Notice(this ModelNode node, string reason) => node.Slice.Notices.SingleOrDefault(n => n.Reason == reason);

    public static double? Gauge(this ModelNode node, string name) => node.Slice.Gauges.SingleOrDefault(g => g.Name == name)?.Value;
}
