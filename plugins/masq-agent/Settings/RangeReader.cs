using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.MasqAgent.Settings;

/// <summary>Reads one range and says what is wrong with it.</summary>
internal static class RangeReader
{
    public static Range? Read(ConfigItem item, ConfigSection section)
    {
        // ::ffff:10.0.0.0/8 would pass as 10.0.0.0/8, which is not what it says.
        if (!InetPrefix.TryParse(item.Text, out var prefix) || (prefix.Family == IpFamily.IPv4 && item.Text.Contains(':')))
        {
            var hint = InetAddress.TryParse(item.Text, out var address) ? $"; for this one address write {InetPrefix.Host(address)}" : "";
            section.Error(item,
                $"CIDR \"{item.Text}\" could not be parsed: an address and a prefix length are needed, as in 10.0.0.0/8 or fd00::/8{hint}");
            return null;
        }
        if (!prefix.IsAligned)
        {
            section.Error(item,
                $"CIDR \"{item.Text}\" is not aligned to a CIDR block: host bits of {prefix.Address} are set; write {prefix.Network}");
            return null;
        }
        return new(prefix, section.Problems.Source, item.Key, item.Line);
    }
}
