using NetAgent.Contracts;

namespace NetAgent.Plugins.ConntrackTuner.Configuration;

/// <summary>Named sets of values. Sizes are floors, so that a node that has more keeps it.</summary>
internal static class Profiles
{
    private static readonly Dictionary<string, SysctlWish[]> ByName = new(StringComparer.Ordinal)
    {
        // What common guides for busy nodes and gateways agree on.
        ["high-throughput"] =
        [
            new(KnownSysctls.Max, "1048576", SysctlRule.AtLeast),
            new(KnownSysctls.Buckets, "262144", SysctlRule.AtLeast),
            new(KnownSysctls.Established, "600"),
            new(KnownSysctls.TimeWait, "30"),
        ],
        // Many connections that end soon (HTTP/1.0 clients, DNS): entries leave early, idle ones keep kube-proxy's day.
        ["short-connections"] =
        [
            new(KnownSysctls.Established, "86400"),
            new(KnownSysctls.CloseWait, "60"),
            new(KnownSysctls.FinWait, "30"),
            new(KnownSysctls.TimeWait, "30"),
            new(KnownSysctls.Udp, "15"),
            new(KnownSysctls.UdpStream, "60"),
        ],
    };

    public static IEnumerable<string> Names => ByName.Keys;

    public static IReadOnlyList<SysctlWish>? Find(string name) => ByName.GetValueOrDefault(name);
}
