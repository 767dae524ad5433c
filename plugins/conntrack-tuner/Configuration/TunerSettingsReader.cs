using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;
using NetAgent.Plugins.Shared.Rivals;

namespace NetAgent.Plugins.ConntrackTuner.Configuration;

/// <summary>Reads the plugin's configuration: any number of documents, each on top of the one before.</summary>
internal static class TunerSettingsReader
{
    private const string OwnKind = "ConntrackTunerConfiguration";

    // Mean chain length of a full table is 2 × max / buckets, as a connection hangs in it twice.
    private const long LongChains = 4, HopelessChains = 32;

    public static (TunerSettings Settings, IReadOnlyList<ConfigurationProblem> Problems) Read(PluginConfiguration configuration)
    {
        var sources = ConfigSources.Open(configuration, OwnKind);
        var settings = TunerSettings.ObserveOnly;
        foreach (var root in sources.KubeProxy)
        {
            settings = settings with { KubeProxy = KubeProxyConntrack.Read(root) };
        }
        foreach (var root in sources.Own)
        {
            settings = ReadOwn(root, settings);
        }
        return (settings, [.. sources.InOrder]);
    }

    private static TunerSettings ReadOwn(ConfigSection root, TunerSettings before)
    {
        var pressure = root.Section("pressure");
        var settings = before with
        {
            Profile = root.OneOf("profile", [.. Profiles.Names]) ?? before.Profile,
            Sysctls = before.Sysctls.SetItems(ReadSysctls(root.Section("sysctls"))),
            Adaptive = ReadAdaptive(root) ?? before.Adaptive,
            MemoryShare = root.Share("memoryShare") ?? before.MemoryShare,
            PressureWarning = pressure.Share("warning") ?? before.PressureWarning,
            PressureCritical = pressure.Share("critical") ?? before.PressureCritical,
            Rivals = RivalLimits.Read(root, before.Rivals),
            Persist = root.Boolean("persist") ?? before.Persist,
        };
        pressure.Finish();
        root.Finish();
        if (settings.PressureWarning >= settings.PressureCritical)
        {
            pressure.Error("critical", $"{settings.PressureCritical:0.##} must be above warning, {settings.PressureWarning:0.##}");
        }
        CheckChains(root, settings);
        return settings;
    }

    private static Dictionary<string, SysctlWish> ReadSysctls(ConfigSection section)
    {
        var wishes = new Dictionary<string, SysctlWish>(StringComparer.Ordinal);
        var writtenAs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in section.All())
        {
            var path = SysctlName.Normalise(entry.Key);
            if (path is null)
            {
                section.Error(entry.Key, "is not a sysctl name such as net.netfilter.nf_conntrack_max");
                continue;
            }
            if (writtenAs.TryGetValue(path, out var other))
            {
                section.Error(entry.Key, $"is the same variable as {other}; keep one of them");
                continue;
            }
            writtenAs[path] = entry.Key;
            if (ReadWish(section, entry, path) is { } wish)
            {
                wishes[path] = wish;
                WarnOfDanger(section, entry, wish);
            }
        }
        return wishes;
    }

    private static SysctlWish? ReadWish(ConfigSection section, ConfigEntry entry, string path)
    {
        var (node, rule) = (entry.Value, SysctlRule.Exactly);
        if (node.Kind == ConfigNodeKind.Mapping)
        {
            if (node.Entries is not [{ Key: "atLeast", Value: var floor }])
            {
                section.Error(entry.Key, "is neither a value nor {atLeast: N}");
                return null;
            }
            (node, rule) = (floor, SysctlRule.AtLeast);
        }
        if (node.Kind != ConfigNodeKind.Scalar)
        {
            section.Error(entry.Key, $"{ConfigSection.Shown(node)} is not a value; leave the key out to leave the sysctl alone");
            return null;
        }
        if (SysctlCatalog.Refusal(path, node.Text) is { } refusal)
        {
            section.Error(entry.Key, refusal);
            return null;
        }
        return new(path, node.Text, rule);
    }

    private static void WarnOfDanger(ConfigSection section, ConfigEntry entry, SysctlWish wish)
    {
        if (!SysctlSpelling.IsKnown(wish.Path))
        {
            section.Warn(entry.Key, $"is a name that kernels up to 6.12 do not have; it is written where this one does{SysctlSpelling.Hint(wish.Path)}");
        }
        else if (wish.Path.StartsWith("net/ipv4/conf/default/", StringComparison.Ordinal))
        {
            section.Warn(entry.Key, "interfaces made while it is in force inherit it and keep it after cleanup; net.ipv4.conf.*.rp_filter follows each interface by itself and leaves default alone");
        }
        else if (KnownSysctls.OwnedByIpvs.Contains(wish.Path))
        {
            section.Warn(entry.Key, "belongs to plugin ipvs where that runs, and the host then refuses this plugin; leave it out there");
        }
        else if (wish.Path == KnownSysctls.Established && SysctlNumber.Of(wish.Value) < 7200)
        {
            section.Warn(entry.Key, $"{wish.Value} s is below the kernel's keepalive of 7200 s: idle connections are cut unless both ends send keepalives sooner");
        }
        else if (wish.Path == "net/bridge/bridge-nf-call-iptables" && wish.Value == "0")
        {
            section.Warn(entry.Key, "0 lets traffic between pods on one bridge pass Services' rules by; 1 is right for a bridge CNI");
        }
    }

    private static AdaptiveSettings? ReadAdaptive(ConfigSection root)
    {
        var section = root.Section("adaptive");
        if (!section.Exists)
        {
            return null;
        }
        var high = section.Share("high") ?? 0.8;
        var low = section.Share("low") ?? Math.Min(0.25, high / 3);
        var isShare = section.Find("maxMemory") is { } memory && memory.Text.EndsWith('%');
        var share = isShare ? section.Share("maxMemory") : null;
        var bytes = isShare ? null : section.Size("maxMemory", 1, long.MaxValue);
        // Doubling halves the share in use; it must not land where it would be halved again.
        if (low > high / 2 * 0.9)
        {
            section.Error("low", FormattableString.Invariant($"{low:0.##} is too near to high, {high:0.##}: the size would swing; at most {high / 2 * 0.9:0.##} is right"));
        }
        section.Finish();
        return new(bytes ?? 0, share ?? 0.05, high, low);
    }

    private const long LeastEntries = 512;

    private static void CheckChains(ConfigSection root, TunerSettings settings)
    {
        if (!settings.Sysctls.TryGetValue(KnownSysctls.Max, out var max))
        {
            return;
        }
        var entries = SysctlNumber.Of(max.Value);
        if (entries < LeastEntries)
        {
            root.Error("sysctls", $"nf_conntrack_max {entries} would cut the node off: its own connections to kubelet, API server and DNS fill that; 131072 is kube-proxy's least, and {LeastEntries} the least taken");
            return;
        }
        if (entries < 4096)
        {
            root.Warn("sysctls", $"nf_conntrack_max {entries} is less than a node needs at rest; 131072 is kube-proxy's least");
        }
        if (!settings.Sysctls.TryGetValue(KnownSysctls.Buckets, out var buckets))
        {
            root.Warn("sysctls", $"nf_conntrack_max {entries} without nf_conntrack_buckets: buckets are raised to a quarter of it, {entries / 4}, where they are fewer");
            return;
        }
        var ratio = entries / SysctlNumber.Of(buckets.Value);
        if (ratio > HopelessChains)
        {
            root.Error("sysctls", $"{entries} entries in {buckets.Value} buckets make chains of {2 * ratio} when full, and kernels refuse connections then; nf_conntrack_buckets of {entries / 4} to {entries} is right");
        }
        else if (ratio > LongChains)
        {
            root.Warn("sysctls", $"{entries} entries in {buckets.Value} buckets make chains of {2 * ratio} when full; nf_conntrack_buckets of {entries / 4} to {entries} is better");
        }
    }
}
