using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Iptables;

/// <summary>
/// What is known of iptables' options: whose they are, in which order iptables-save prints them, and how it spells their values.
/// </summary>
internal static class RuleVocabulary
{
    // In the order of each extension's save function (iptables extensions/libxt_*.c, 1.8.9).
    private static readonly Dictionary<string, string[]> Modules = new(StringComparer.Ordinal)
    {
        ["addrtype"] = ["--src-type", "--dst-type", "--limit-iface-in", "--limit-iface-out"],
        ["comment"] = ["--comment"],
        ["conntrack"] = ["--ctstate", "--ctproto", "--ctorigsrc", "--ctorigdst", "--ctreplsrc", "--ctrepldst", "--ctorigsrcport",
            "--ctorigdstport", "--ctreplsrcport", "--ctrepldstport", "--ctstatus", "--ctexpire", "--ctdir"],
        ["connmark"] = ["--mark"],
        ["ipvs"] = ["--ipvs", "--vproto", "--vaddr", "--vport", "--vdir", "--vmethod", "--vportctl"],
        ["mark"] = ["--mark"],
        ["multiport"] = ["--sports", "--dports", "--ports"],
        ["physdev"] = ["--physdev-is-in", "--physdev-in", "--physdev-is-out", "--physdev-out", "--physdev-is-bridged"],
        ["sctp"] = ["--sport", "--dport", "--chunk-types"],
        ["set"] = ["--match-set"],
        ["state"] = ["--state"],
        ["statistic"] = ["--mode", "--probability", "--every", "--packet"],
        ["tcp"] = ["--sport", "--dport", "--tcp-option", "--tcp-flags", "--syn"],
        ["udp"] = ["--sport", "--dport"],
        ["DNAT"] = ["--to-destination", "--random", "--persistent"],
        ["MARK"] = ["--set-xmark", "--set-mark", "--or-mark", "--xor-mark", "--and-mark"],
        ["MASQUERADE"] = ["--to-ports", "--random", "--random-fully"],
        ["REDIRECT"] = ["--to-ports", "--random"],
        ["REJECT"] = ["--reject-with"],
        ["SNAT"] = ["--to-source", "--random", "--random-fully", "--persistent"],
    };

    private static readonly Dictionary<string, string> LongNames = new(StringComparer.Ordinal)
    {
        ["--source"] = "-s",
        ["--src"] = "-s",
        ["--destination"] = "-d",
        ["--dst"] = "-d",
        ["--in-interface"] = "-i",
        ["--out-interface"] = "-o",
        ["--protocol"] = "-p",
        ["--proto"] = "-p",
        ["--fragment"] = "-f",
        ["--jump"] = "-j",
        ["--goto"] = "-g",
        ["--match"] = "-m",
        ["--source-port"] = "--sport",
        ["--destination-port"] = "--dport",
        ["--source-ports"] = "--sports",
        ["--destination-ports"] = "--dports",
    };

    private static readonly string[] States = ["INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT"];

    public static string ShortName(string option) => LongNames.GetValueOrDefault(option, option);

    public static bool Knows(string module, string option) => Modules.TryGetValue(module, out var options) && options.Contains(option);

    /// <summary>A protocol whose match comes without being named.</summary>
    public static bool IsProtocol(string name) => name is "tcp" or "udp" or "udplite" or "sctp" or "dccp" or "icmp" or "ipv6-icmp";

    /// <summary>Exactly one value, whatever it looks like.</summary>
    public static bool TakesFreeText(string option) => option is "--comment" or "--log-prefix" or "--nflog-prefix";

    public static int Rank(string module, string option)
    {
        var place = Modules.TryGetValue(module, out var options) ? Array.IndexOf(options, option) : -1;
        return place < 0 ? int.MaxValue : place;
    }

    /// <summary>True for <c>-s 0.0.0.0/0</c> and <c>-p all</c>, which iptables-save leaves out.</summary>
    public static bool MatchesAll(RuleOption option) => !option.Negated && option.Values is [var value] && option.Name switch
    {
        "-s" or "-d" => value is "0.0.0.0/0" or "::/0",
        "-p" => value is "all" or "0",
        _ => false,
    };

    public static RuleOption CanonicalBasic(string name, bool negated, List<RuleToken> values)
    {
        return values is not [{ IsWord: true, Text: var only }]
            ? new(name, negated, values.ConvertAll(v => v.Print())) : new(name, negated, name switch
            {
                "-s" or "-d" => [Prefix(only)],
                "-p" => [Protocol(only)],
                _ => [only],
            });
    }

    public static RuleOption Canonical(string module, string name, bool negated, List<RuleToken> values)
    {
        var plain = values.ConvertAll(v => v.Print());
        if (values is not [{ Text: var only }])
        {
            return (module, name) == ("tcp", "--syn") ? new("--tcp-flags", negated, ["FIN,SYN,RST,ACK", "SYN"]) : new(name, negated, plain);
        }
        return (module, name) switch
        {
            ("comment", _) => new(name, negated, [RuleToken.Quote(only)]),
            _ when !values[0].IsWord => new(name, negated, plain),
            ("MARK", _) => MarkTarget(name, only) ?? new(name, negated, plain),
            ("mark" or "connmark", "--mark") => new(name, negated, [MarkMatch(only)]),
            ("conntrack", "--ctstate") or ("state", "--state") => new(name, negated, [StateList(only)]),
            ("statistic", "--probability") => new(name, negated, [Probability(only)]),
            ("ipvs", "--vproto") => new(name, negated, [ProtocolNumber(only)]),
            (_, "--sport" or "--dport") => new(name, negated, [PortRange(only)]),
            _ => new(name, negated, plain),
        };
    }

    private static string Prefix(string text)
    {
        var slash = text.IndexOf('/');
        var address = slash < 0 ? text : text[..slash];
        // The IPv4-mapped form would change family in InetAddress; such rules keep their text.
        if (!InetAddress.TryParse(address, out var parsed) || (parsed.Family == IpFamily.IPv4) == address.Contains(':'))
        {
            return text;
        }
        if (slash < 0)
        {
            return InetPrefix.Host(parsed).ToString();
        }
        var length = text[(slash + 1)..];
        if (InetAddress.TryParse(length, out var mask) && mask.Family == IpFamily.IPv4 && parsed.Family == IpFamily.IPv4
            && LengthOf(mask) is { } bits)
        {
            return new InetPrefix(parsed, bits).Network.ToString();
        }
        return byte.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= parsed.BitCount
            ? new InetPrefix(parsed, count).Network.ToString()
            : text;
    }

    private static byte? LengthOf(InetAddress mask)
    {
        Span<byte> bytes = stackalloc byte[4];
        mask.CopyTo(bytes);
        var bits = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var length = System.Numerics.BitOperations.LeadingZeroCount(~bits);
        return length == 32 || bits << length == 0 ? (byte)length : null;
    }

    private static string Protocol(string text) => text.ToLowerInvariant() switch
    {
        "1" => "icmp",
        "6" => "tcp",
        "17" => "udp",
        "47" => "gre",
        "58" or "icmpv6" => "ipv6-icmp",
        "132" => "sctp",
        var other => other,
    };

    private static string ProtocolNumber(string text) => text.ToLowerInvariant() switch
    {
        "tcp" => "6",
        "udp" => "17",
        "sctp" => "132",
        var other => other,
    };

    private static RuleOption? MarkTarget(string name, string text)
    {
        if (!TryMark(text, out var value, out var mask))
        {
            return null;
        }
        (uint Value, uint Mask)? pair = name switch
        {
            "--set-xmark" => (value, mask ?? uint.MaxValue),
            "--set-mark" => (value, mask is { } m ? m | value : uint.MaxValue),
            "--or-mark" when mask is null => (value, value),
            "--xor-mark" when mask is null => (value, 0),
            "--and-mark" when mask is null => (0, ~value),
            _ => null,
        };
        return pair is { } p
            ? new("--set-xmark", false, [string.Create(CultureInfo.InvariantCulture, $"0x{p.Value:x}/0x{p.Mask:x}")]) : null;
    }

    private static string MarkMatch(string text) => !TryMark(text, out var value, out var mask) ? text
        : mask is null or uint.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"0x{value:x}")
        : string.Create(CultureInfo.InvariantCulture, $"0x{value:x}/0x{mask:x}");

    private static bool TryMark(string text, out uint value, out uint? mask)
    {
        mask = null;
        var slash = text.IndexOf('/');
        if (!TryNumber(slash < 0 ? text : text[..slash], out value))
        {
            return false;
        }
        if (slash >= 0)
        {
            if (!TryNumber(text[(slash + 1)..], out var parsed))
            {
                return false;
            }
            mask = parsed;
        }
        return true;
    }

    // strtoul with base 0, less its octal form, which nobody writes.
    private static bool TryNumber(string text, out uint value) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && (value == 0 || text[0] != '0');

    private static string StateList(string text)
    {
        var given = text.Split(',');
        return given.Distinct().All(States.Contains) ? string.Join(',', States.Where(given.Contains)) : text;
    }

    // The kernel keeps 31 bits of it and iptables prints eleven decimals of what is left (libxt_statistic.c).
    private static string Probability(string text)
    {
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var probability) || probability is < 0 or > 1)
        {
            return text;
        }
        const double Range = 0x80000000;
        return (Math.Round(probability * Range, MidpointRounding.AwayFromZero) / Range).ToString("F11", CultureInfo.InvariantCulture);
    }

    private static string PortRange(string text)
    {
        var colon = text.IndexOf(':');
        return colon > 0 && text[..colon] == text[(colon + 1)..] ? text[..colon] : text;
    }
}
