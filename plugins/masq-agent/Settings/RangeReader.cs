using NetAgent.Contracts;

namespace NetAgent.Plugins.MasqAgent.Settings;

/// <summary>Reads one range and says what is wrong with it.</summary>
internal static class RangeReader
{
    public static Range? Read(ConfigNode item, string path, Findings findings)
    {
        var text = item.Kind == ConfigNodeKind.Scalar ? item.Text : "";
        // ::ffff:10.0.0.0/8 would pass as 10.0.0.0/8, which is not what it says.
        if (!InetPrefix.TryParse(text, out var prefix) || (prefix.Family == IpFamily.IPv4 && text.Contains(':')))
        {
            var hint = InetAddress.TryParse(text, out var address) ? $"; for this one address write {InetPrefix.Host(address)}" : "";
            findings.Refuse(path, item.Line,
                $"CIDR \"{text}\" could not be parsed: an address and a prefix length are needed, as in 10.0.0.0/8 or fd00::/8{hint}");
            return null;
        }
        if (!prefix.IsAligned)
        {
            findings.Refuse(path, item.Line,
                $"CIDR \"{text}\" is not aligned to a CIDR block: host bits of {prefix.Address} are set; write {prefix.Network}");
            return null;
        }
        return new(prefix, findings.Source, path, item.Line);
    }
}
