using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.MasqAgent.Settings;

/// <summary>Reads one document of ip-masq-agent's configuration.</summary>
internal static class SourceReader
{
    /// <summary>Keys without regard to case, as Go's JSON decoder takes them.</summary>
    public static StringComparer Keys => StringComparer.OrdinalIgnoreCase;

    public static SourceSettings Read(ConfigSection root)
    {
        var settings = new SourceSettings
        {
            NonMasqueradeCidrs = ReadRanges(root, "nonMasqueradeCIDRs", "nothing but link-local is left alone"),
            CidrLimit = (int?)root.Integer("cidrLimit", 0, int.MaxValue),
            MasqLinkLocal = root.Boolean("masqLinkLocal"),
            MasqLinkLocalIPv6 = root.Boolean("masqLinkLocalIPv6"),
            // Zero makes ip-masq-agent spin.
            ResyncInterval = root.Duration("resyncInterval", TimeSpan.FromTicks(1)),
            MasqueradeCidrs = ReadRanges(root, "masqueradeCIDRs", "nothing is forced"),
            PodCidrsOnly = root.Boolean("podCIDRsOnly"),
        };
        root.Finish();
        return settings;
    }

    // To Go's decoder null is the empty list, not the default.
    private static List<Range>? ReadRanges(ConfigSection root, string key, string whenEmpty)
    {
        if (root.IsNull(key))
        {
            root.Warn(key,
                $"has no value, which is an empty list: {whenEmpty}. Remove the key for the default, or write [] if that is meant");
            return [];
        }
        return root.Texts(key)?.Select(item => RangeReader.Read(item, root)).OfType<Range>().ToList();
    }
}
