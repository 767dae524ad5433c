using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Owners;

namespace NetAgent.Plugins.MasqAgent.Nat;

/// <summary>One line of iptables-save's nat table, as far as it decides whom a packet without mark reaches.</summary>
internal sealed class NatRule
{
    private readonly List<Func<NatPacket, Tristate>> _matches = [];

    private NatRule(string line, string chain)
    {
        Line = line;
        Chain = chain;
    }

    /// <summary>The line as it stands.</summary>
    public string Line { get; }

    /// <summary>The chain that holds it.</summary>
    public string Chain { get; }

    /// <summary>What follows -j or -g; empty for a rule that only counts.</summary>
    public string Target { get; private set; } = "";

    /// <summary>-g: no return to this chain.</summary>
    public bool IsGoto { get; private set; }

    /// <summary>-s without <c>!</c>, or none.</summary>
    public InetPrefix Source { get; private set; }

    /// <summary>-d without <c>!</c>, or none.</summary>
    public InetPrefix Destination { get; private set; }

    /// <summary>The comment, or empty.</summary>
    public string Comment { get; private set; } = "";

    /// <summary>Who wrote it, as far as can be told.</summary>
    public MasqueradeOwner Owner => MasqueradeOwner.OfRule(Chain, Comment, Line);

    /// <summary>It rewrites the source of what it matches.</summary>
    public bool RewritesSource => Target is "MASQUERADE" or "SNAT" or "NETMAP" or "SAME";

    /// <summary>Reads <c>-A CHAIN …</c>; null for any other line.</summary>
    public static NatRule? Parse(string line)
    {
        var words = RuleWords.Split(line);
        if (words.Count < 2 || words[0] != "-A")
        {
            return null;
        }
        var rule = new NatRule(line, words[1]);
        var negated = false;
        for (var i = 2; i < words.Count; i++)
        {
            var value = i + 1 < words.Count ? words[i + 1] : "";
            switch (words[i])
            {
                case "!":
                    negated = true;
                    continue;
                case "-j" or "-g":
                    rule.Target = value;
                    rule.IsGoto = words[i] == "-g";
                    return rule;
                case "-m":
                    i++;
                    break;
                case "--comment":
                    rule.Comment = value;
                    i++;
                    break;
                default:
                    i += rule.AddMatch(words[i], value, negated) - 1;
                    break;
            }
            negated = false;
        }
        return rule;
    }

    /// <summary>Whether it takes the packet.</summary>
    public Tristate Matches(NatPacket packet)
    {
        var result = Tristate.Yes;
        foreach (var match in _matches)
        {
            result = result.And(match(packet));
            if (result == Tristate.No)
            {
                return Tristate.No;
            }
        }
        return result;
    }

    /// <summary>Adds what one option matches; returns how many words it took.</summary>
    private int AddMatch(string option, string value, bool negated)
    {
        switch (option)
        {
            case "-s" or "-d":
                AddAddress(option == "-s", value, negated);
                return 2;
            case "--mark":
                // "-m connmark --mark" alike: a new connection has no mark either.
                Add(_ => UnmarkedMatches(value), negated);
                return 2;
            case "--dst-type" when value == "LOCAL":
                Add(packet => packet.IsToNode.ToTristate(), negated);
                return 2;
            case "--src-type" when value == "LOCAL":
                Add(packet => packet.IsFromNode.ToTristate(), negated);
                return 2;
            case "-p":
                Add(packet => packet.Protocol == IpProtocol.None ? Tristate.Maybe : Equal(value, packet.Protocol), negated);
                return 2;
            case "--sport" or "--dport":
                Add(packet => WithinPorts(value, option == "--sport" ? packet.SourcePort : packet.DestinationPort), negated);
                return 2;
            default:
                // An interface, a set, a probability: it depends. A value that looks like an option is one.
                Add(_ => Tristate.Maybe, negated: false);
                return value.StartsWith('-') || value is "!" or "" ? 1 : 2;
        }
    }

    private void AddAddress(bool isSource, string value, bool negated)
    {
        if (!InetPrefix.TryParse(value, out var prefix)
            && InetAddress.TryParse(value, out var address))
        {
            prefix = InetPrefix.Host(address);
        }
        if (prefix.IsNone)
        {
            Add(_ => Tristate.Maybe, negated: false);
            return;
        }
        if (!negated)
        {
            (Source, Destination) = isSource ? (prefix, Destination) : (Source, prefix);
        }
        Add(packet => Within(prefix, isSource ? packet.From : packet.To), negated);
    }

    private void Add(Func<NatPacket, Tristate> match, bool negated) => _matches.Add(negated ? packet => match(packet).Not() : match);

    private static Tristate Within(InetPrefix prefix, InetAddress address) =>
        prefix.Length == 0 ? Tristate.Yes : address.IsNone ? Tristate.Maybe : prefix.Contains(address) ? Tristate.Yes : Tristate.No;

    private static Tristate Equal(string written, IpProtocol protocol) =>
        ((bool?)(written == protocol.ToLowerText() || written == ((byte)protocol).ToString(CultureInfo.InvariantCulture))).ToTristate();

    // As iptables-save writes them: 53, 1024:2047.
    private static Tristate WithinPorts(string written, ushort port)
    {
        var ends = written.Split(':');
        return port != 0 && ushort.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && ushort.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? ((bool?)(port >= first && port <= last)).ToTristate()
            : Tristate.Maybe;
    }

    private static Tristate UnmarkedMatches(string valueAndMask)
    {
        var value = valueAndMask.Split('/')[0];
        var isHex = value.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return uint.TryParse(isHex ? value.AsSpan(2) : value, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture, out var wanted)
            ? wanted == 0 ? Tristate.Yes : Tristate.No
            : Tristate.Maybe;
    }
}
