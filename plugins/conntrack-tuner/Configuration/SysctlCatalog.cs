using System.Globalization;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.ConntrackTuner.Configuration;

/// <summary>What one sysctl may hold.</summary>
/// <param name="Pattern">Path below /proc/sys; <c>*</c> ends a name or stands for one element.</param>
/// <param name="Minimum">Lowest value that is not dangerous.</param>
/// <param name="Maximum">Highest value that the kernel takes everywhere.</param>
/// <param name="BelowMinimum">What goes wrong below the minimum, where the kernel would take it.</param>
internal sealed record SysctlBounds(string Pattern, long Minimum, long Maximum, string? BelowMinimum = null);

/// <summary>The sysctls that this plugin manages, and the values it lets through. The kernel itself takes 0 and -1 for many.</summary>
internal static class SysctlCatalog
{
    /// <summary>2^31-1 jiffies at HZ=1000, the shortest of all builds; the kernel refuses more there.</summary>
    public const long LongestTimeoutSeconds = int.MaxValue / 1000;

    private const string Netfilter = "net/netfilter/";
    private const string Vs = "net/ipv4/vs/";
    private const string ExpiresAtOnce = "the kernel takes it and every connection then expires at once";

    // First match counts, so names with a rule of their own come before the families.
    private static readonly SysctlBounds[] Entries =
    [
        new(KnownSysctls.Max, 1, int.MaxValue, "the kernel takes 0 as 'no limit', and a flood then eats the node's memory"),
        new(KnownSysctls.Buckets, 1, 1 << 28),
        new(Netfilter + "nf_conntrack_count", 1, 0),
        new(Netfilter + "nf_conntrack_expect_max", 1, int.MaxValue, "no helper (FTP, SIP, TFTP) could then open a second connection"),
        new(Netfilter + "nf_conntrack_events", 0, 2),
        new(Netfilter + "nf_conntrack_tcp_max_retrans", 1, 255, "every retransmitted packet then shortens the connection's life"),
        new(Netfilter + "nf_conntrack_log_invalid", 0, 255),
        new(Netfilter + "nf_conntrack_frag6_timeout", 1, LongestTimeoutSeconds, ExpiresAtOnce),
        new(Netfilter + "nf_conntrack_frag6_low_thresh", 0, int.MaxValue),
        new(Netfilter + "nf_conntrack_frag6_high_thresh", 1, int.MaxValue, "no fragmented IPv6 packet could then be put together"),
        new(Netfilter + "nf_conntrack_tcp_be_liberal", 0, 1),
        new(Netfilter + "nf_conntrack_tcp_loose", 0, 1),
        new(Netfilter + "nf_conntrack_tcp_ignore_invalid_rst", 0, 1),
        new(Netfilter + "nf_conntrack_acct", 0, 1),
        new(Netfilter + "nf_conntrack_checksum", 0, 1),
        new(Netfilter + "nf_conntrack_timestamp", 0, 1),
        new(Netfilter + "nf_conntrack_helper", 0, 1),
        new(Netfilter + "nf_conntrack_dccp_loose", 0, 1),
        new(Netfilter + "nf_conntrack_*timeout*", 1, LongestTimeoutSeconds, ExpiresAtOnce),
        new(Netfilter + "nf_flowtable_*timeout", 1, LongestTimeoutSeconds, ExpiresAtOnce),
        new(Netfilter + "nf_conntrack_*", 0, int.MaxValue),
        new(Vs + "conntrack", 0, 1),
        new(Vs + "conn_reuse_mode", 0, 3),
        new(Vs + "drop_entry", 0, 3),
        new(Vs + "drop_packet", 0, 3),
        new(Vs + "secure_tcp", 0, 3),
        new(Vs + "am_droprate", 1, int.MaxValue),
        new(Vs + "amemthresh", 1, int.MaxValue),
        new(Vs + "est_nice", -20, 19),
        new(Vs + "conn_lfactor", -8, 8),
        new(Vs + "svc_lfactor", -8, 8),
        new(Vs + "conn_max", 1, int.MaxValue, "IPVS could then hold no connection"),
        new(Vs + "sync_version", 0, 1),
        new(Vs + "sync_refresh_period", 0, int.MaxValue),
        new(Vs + "sync_retries", 0, 3),
        new(Vs + "sync_ports", 1, 64),
        new(Vs + "sync_qlen_max", 1, int.MaxValue),
        new(Vs + "sync_sock_size", 0, int.MaxValue),
        new(Vs + "sync_persist_mode", 0, 1),
        new(Vs + "nat_icmp_send", 0, 1),
        new(Vs + "sloppy_tcp", 0, 1),
        new(Vs + "sloppy_sctp", 0, 1),
        new(Vs + "expire_nodest_conn", 0, 1),
        new(Vs + "expire_quiescent_template", 0, 1),
        new(Vs + "backup_only", 0, 1),
        new(Vs + "cache_bypass", 0, 1),
        new(Vs + "ignore_tunneled", 0, 1),
        new(Vs + "pmtu_disc", 0, 1),
        new(Vs + "run_estimation", 0, 1),
        new(Vs + "schedule_icmp", 0, 1),
        new(Vs + "snat_reroute", 0, 1),
        new(Vs + "lblc_expiration", 1, int.MaxValue, ExpiresAtOnce),
        new(Vs + "lblcr_expiration", 1, int.MaxValue, ExpiresAtOnce),
        new(Vs + "*", 0, int.MaxValue),
        new(KnownSysctls.IpForward, 1, 1, "a node that forwards nothing serves no pod"),
        new("net/ipv4/conf/*/rp_filter", 0, 2),
        new("net/bridge/bridge-nf-call-iptables", 0, 1),
        new("net/bridge/bridge-nf-call-ip6tables", 0, 1),
        new("net/bridge/bridge-nf-call-arptables", 0, 1),
    ];

    public static SysctlBounds? Find(string path) => Array.Find(Entries, e => Fits(e.Pattern, path));

    public static bool IsTimeout(string path) => Find(path)?.Maximum == LongestTimeoutSeconds;

    /// <summary>Why a value must not be written, or null.</summary>
    public static string? Refusal(string path, string text)
    {
        var bounds = Find(path);
        if (path.Split('/').Any(part => part.Contains('*', StringComparison.Ordinal) && part != "*"))
        {
            return "* stands for a whole element, as in net.ipv4.conf.*.rp_filter; name the interfaces one by one";
        }
        if (bounds is null)
        {
            return "is not among the sysctls of this plugin: nf_conntrack_*, net.ipv4.vs.*, net.ipv4.ip_forward,"
                + " net.ipv4.conf.IF.rp_filter and "
                + "net.bridge.bridge-nf-call-* (an interface name with a dot needs slashes: net/ipv4/conf/eth0.100/rp_filter)"
                + SysctlSpelling.Hint(path);
        }
        if (bounds.Maximum < bounds.Minimum)
        {
            return "only counts and cannot be set";
        }
        // The two of IPVS that hold no single number.
        if (path is Vs + "est_cpulist" or Vs + "sync_threshold")
        {
            return text.Length > 0 && text.All(c => char.IsAsciiDigit(c) || c is ',' or '-' or ' ')
                ? text.Split(',', '-', ' ').Select(PlainNumber.Problem).FirstOrDefault(problem => problem is not null)
                : $"'{text}' is neither a list nor a pair of numbers";
        }
        // The framework overlooks NULs at the end.
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) || text[^1] == '\0')
        {
            return $"'{text}' is not a whole number" + (IsTimeout(path) ? " of seconds" : "");
        }
        if (value >= bounds.Minimum && value <= bounds.Maximum)
        {
            // What is written is this text.
            return PlainNumber.Problem(text);
        }
        var why = value < bounds.Minimum && bounds.BelowMinimum is not null ? $" ({bounds.BelowMinimum})" : "";
        var right = bounds.Minimum == bounds.Maximum ? $"{bounds.Minimum}" : $"{bounds.Minimum} to {bounds.Maximum}";
        return $"{value} is out of range{why}; {right} is right";
    }

    private static bool Fits(string pattern, string path)
    {
        if (pattern.Contains("/*/", StringComparison.Ordinal))
        {
            return SysctlName.Matches(pattern, path);
        }
        var parts = pattern.Split('*');
        if (parts.Length == 1)
        {
            return pattern == path;
        }
        return path.StartsWith(parts[0], StringComparison.Ordinal)
            && path.IndexOf('/', parts[0].Length) < 0
            && path.EndsWith(parts[^1], StringComparison.Ordinal)
            && (parts.Length < 3 || path.AsSpan(parts[0].Length).Contains(parts[1], StringComparison.Ordinal));
    }
}
