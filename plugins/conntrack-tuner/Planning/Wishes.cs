using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner.Configuration;

namespace NetAgent.Plugins.ConntrackTuner.Planning;

/// <summary>What the configuration asks for: kube-proxy's section, then the profile, then sysctls:, the later over the earlier.</summary>
/// <param name="ByPath">By path.</param>
/// <param name="SizeIsKubeProxys">nf_conntrack_max comes from kube-proxy's rule, not from a number that somebody wrote here.</param>
internal sealed record Wishes(SortedDictionary<string, SysctlWish> ByPath, bool SizeIsKubeProxys)
{
    public static Wishes Of(TunerSettings settings, int cpuCount)
    {
        var wishes = new SortedDictionary<string, SysctlWish>(StringComparer.Ordinal);
        if (settings.KubeProxy is { } kubeProxy)
        {
            AddKubeProxys(wishes, kubeProxy, cpuCount);
        }
        var isKubeProxys = wishes.ContainsKey(KnownSysctls.Max);
        foreach (var wish in (settings.Profile is null ? null : Profiles.Find(settings.Profile)) ?? [])
        {
            wishes[wish.Path] = wish;
            isKubeProxys &= wish.Path != KnownSysctls.Max;
        }
        foreach (var wish in settings.Sysctls.Values)
        {
            wishes[wish.Path] = wish;
            isKubeProxys &= wish.Path != KnownSysctls.Max;
        }
        if (wishes.TryGetValue(KnownSysctls.Max, out var max) && !wishes.ContainsKey(KnownSysctls.Buckets))
        {
            var buckets = Math.Max(1, SysctlNumber.Of(max.Value) / TableSize.EntriesPerBucket);
            wishes[KnownSysctls.Buckets] = new(KnownSysctls.Buckets, Text(buckets), SysctlRule.AtLeast);
        }
        return new(wishes, isKubeProxys);
    }

    /// <summary>Every path that may be written under these settings, whatever the node.</summary>
    public static IEnumerable<string> Paths(TunerSettings settings)
    {
        var paths = Of(settings, 1).ByPath.Keys.ToHashSet(StringComparer.Ordinal);
        if (settings.Adaptive is not null)
        {
            paths.Add(KnownSysctls.Max);
            paths.Add(KnownSysctls.Buckets);
        }
        return paths.Order(StringComparer.Ordinal);
    }

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static void AddKubeProxys(SortedDictionary<string, SysctlWish> wishes, KubeProxyConntrack settings, int cpuCount)
    {
        if (TableSize.KubeProxyMax(settings, cpuCount) is > 0 and var max)
        {
            // Raise only: a larger table is somebody's wish or the kernel's own measure of its memory.
            wishes[KnownSysctls.Max] = new(KnownSysctls.Max, Text(max), SysctlRule.AtLeast);
        }
        AddTimeout(KnownSysctls.Established, settings.TcpEstablishedTimeout);
        AddTimeout(KnownSysctls.CloseWait, settings.TcpCloseWaitTimeout);
        AddTimeout(KnownSysctls.Udp, settings.UdpTimeout);
        AddTimeout(KnownSysctls.UdpStream, settings.UdpStreamTimeout);
        if (settings.TcpBeLiberal)
        {
            wishes[KnownSysctls.BeLiberal] = new(KnownSysctls.BeLiberal, "1");
        }

        void AddTimeout(string path, TimeSpan timeout)
        {
            if (timeout > TimeSpan.Zero)
            {
                wishes[path] = new(path, Text((long)timeout.TotalSeconds));
            }
        }
    }
}
