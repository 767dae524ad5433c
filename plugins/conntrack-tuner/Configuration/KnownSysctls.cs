namespace NetAgent.Plugins.ConntrackTuner.Configuration;

/// <summary>Paths that more than one part names.</summary>
internal static class KnownSysctls
{
    public const string Max = "net/netfilter/nf_conntrack_max";

    /// <summary>The table that module parameter hashsize also sets; as a sysctl it needs no writable /sys.</summary>
    public const string Buckets = "net/netfilter/nf_conntrack_buckets";

    public const string Established = "net/netfilter/nf_conntrack_tcp_timeout_established";
    public const string CloseWait = "net/netfilter/nf_conntrack_tcp_timeout_close_wait";
    public const string TimeWait = "net/netfilter/nf_conntrack_tcp_timeout_time_wait";
    public const string FinWait = "net/netfilter/nf_conntrack_tcp_timeout_fin_wait";
    public const string BeLiberal = "net/netfilter/nf_conntrack_tcp_be_liberal";
    public const string Udp = "net/netfilter/nf_conntrack_udp_timeout";
    public const string UdpStream = "net/netfilter/nf_conntrack_udp_timeout_stream";
    public const string IpForward = "net/ipv4/ip_forward";

    /// <summary>What plugin ipvs owns wherever it runs; the host refuses a second owner.</summary>
    public static readonly string[] OwnedByIpvs =
    [
        "net/ipv4/vs/conntrack", "net/ipv4/vs/conn_reuse_mode", "net/ipv4/vs/expire_nodest_conn", "net/ipv4/vs/expire_quiescent_template",
        IpForward,
    ];
}
