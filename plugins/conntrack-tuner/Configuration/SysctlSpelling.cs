using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.ConntrackTuner.Configuration;

/// <summary>
/// The names that kernels up to 6.12 have, to find what a typing mistake meant: a wrong name within a family is otherwise just "not in this
/// kernel".
/// </summary>
internal static class SysctlSpelling
{
    private static readonly string[] Conntrack =
    [
        "acct", "buckets", "checksum", "count", "dccp_loose", "dccp_timeout_closereq", "dccp_timeout_closing", "dccp_timeout_open",
        "dccp_timeout_partopen", "dccp_timeout_request", "dccp_timeout_respond", "dccp_timeout_timewait", "events", "expect_max",
        "frag6_high_thresh", "frag6_low_thresh", "frag6_timeout", "generic_timeout", "gre_timeout", "gre_timeout_stream", "helper",
        "icmp_timeout", "icmpv6_timeout", "log_invalid", "max", "sctp_timeout_closed", "sctp_timeout_cookie_echoed",
        "sctp_timeout_cookie_wait",
        "sctp_timeout_established", "sctp_timeout_heartbeat_acked", "sctp_timeout_heartbeat_sent", "sctp_timeout_shutdown_ack_sent",
        "sctp_timeout_shutdown_recd", "sctp_timeout_shutdown_sent", "tcp_be_liberal", "tcp_ignore_invalid_rst", "tcp_loose",
        "tcp_max_retrans", "tcp_timeout_close", "tcp_timeout_close_wait", "tcp_timeout_established", "tcp_timeout_fin_wait",
        "tcp_timeout_last_ack", "tcp_timeout_max_retrans", "tcp_timeout_syn_recv", "tcp_timeout_syn_sent", "tcp_timeout_time_wait",
        "tcp_timeout_unacknowledged", "timestamp", "udp_timeout", "udp_timeout_stream",
    ];

    private static readonly string[] Vs =
    [
        "am_droprate", "amemthresh", "backup_only", "cache_bypass", "conn_lfactor", "conn_max", "conn_reuse_mode", "conntrack",
        "debug_level",
        "drop_entry", "drop_packet", "est_cpulist", "est_nice", "expire_nodest_conn", "expire_quiescent_template", "ignore_tunneled",
        "lblc_expiration", "lblcr_expiration", "nat_icmp_send", "pmtu_disc", "run_estimation", "schedule_icmp", "secure_tcp", "sloppy_sctp",
        "sloppy_tcp", "snat_reroute", "svc_lfactor", "sync_persist_mode", "sync_ports", "sync_qlen_max", "sync_refresh_period",
        "sync_retries",
        "sync_sock_size", "sync_threshold", "sync_version",
    ];

    private static readonly string[] Known =
    [
        .. Conntrack.Select(name => "net/netfilter/nf_conntrack_" + name), .. Vs.Select(name => "net/ipv4/vs/" + name),
        "net/netfilter/nf_flowtable_tcp_timeout", "net/netfilter/nf_flowtable_udp_timeout", KnownSysctls.IpForward,
        "net/ipv4/conf/*/rp_filter",
        "net/bridge/bridge-nf-call-iptables", "net/bridge/bridge-nf-call-ip6tables", "net/bridge/bridge-nf-call-arptables",
    ];

    public static bool IsKnown(string path) => Array.Exists(Known, known => known == path || SysctlName.Matches(known, path));

    /// <summary><c>; did you mean net.netfilter.nf_conntrack_max?</c>, or nothing.</summary>
    public static string Hint(string path) =>
        NearestName.Of(path, Known) is { } nearest ? $"; did you mean {SysctlName.ForFile(nearest)}?" : "";
}
