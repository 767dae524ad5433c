using System.Globalization;
using System.Text;
using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Flags;

namespace NetAgent.Plugins.MasqAgent.Rules;

/// <summary>Rules as iptables-save prints them, which is not as ip-masq-agent writes them: order of parts and decimals differ.</summary>
internal static class RuleText
{
    public const string JumpParent = "POSTROUTING";

    private const string LocalComment = "ip-masq-agent: local traffic is not subject to MASQUERADE";
    private const string OutboundComment = "ip-masq-agent: outbound traffic is subject to MASQUERADE (must be last in chain)";
    private const string ForcedComment = "netagent: masqueradeCIDRs are always subject to MASQUERADE";

    /// <summary>It bears a comment of ip-masq-agent, of any release, or of this plugin.</summary>
    public static bool IsOurs(string rule) =>
        rule.Contains("--comment \"ip-masq-agent: ", StringComparison.Ordinal)
            || rule.Contains($"--comment \"{ForcedComment}\"", StringComparison.Ordinal);

    public static string Jump(string chain) =>
        $"-m comment --comment \"ip-masq-agent: ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom {chain} chain\""
        + $" -m addrtype ! --dst-type LOCAL -j {chain}";

    public static string Return(InetPrefix destination) =>
        Start(default, destination, IpProtocol.None).Append(Comment(LocalComment)).Append(" -j RETURN").ToString();

    /// <summary>A MASQUERADE rule.</summary>
    /// <param name="forced">It enforces masqueradeCIDRs.</param>
    /// <param name="source">-s, or none.</param>
    /// <param name="destination">-d, or none.</param>
    /// <param name="protocol">-p, or none.</param>
    /// <param name="probability">Share of the connections that take this rule; null for all.</param>
    /// <param name="ports">--to-ports, or null.</param>
    /// <param name="randomFully">--random-fully.</param>
    public static string Masquerade(
        bool forced, InetPrefix source, InetPrefix destination, IpProtocol protocol, double? probability, PortRange? ports,
        bool randomFully)
    {
        var text = Start(source, destination, protocol).Append(Comment(forced ? ForcedComment : OutboundComment));
        if (probability is { } share)
        {
            text.Append(" -m statistic --mode random --probability ").Append(Probability(share));
        }
        text.Append(" -j MASQUERADE");
        if (ports is { } range)
        {
            text.Append(" --to-ports ").Append(range);
        }
        return text.Append(randomFully ? " --random-fully" : "").ToString();
    }

    /// <summary>xt_statistic keeps a share of 2^31, and iptables-save prints that with eleven decimals.</summary>
    public static string Probability(double share) =>
        (Math.Round(share * 0x80000000, MidpointRounding.AwayFromZero) / 0x80000000).ToString("F11", CultureInfo.InvariantCulture);

    private static StringBuilder Start(InetPrefix source, InetPrefix destination, IpProtocol protocol)
    {
        var text = new StringBuilder();
        // A prefix of length 0 matches everything: iptables-save leaves it out.
        if (!source.IsNone && source.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"-s {source} ");
        }
        if (!destination.IsNone && destination.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"-d {destination} ");
        }
        if (protocol != IpProtocol.None)
        {
            text.Append(CultureInfo.InvariantCulture, $"-p {protocol.ToLowerText()} ");
        }
        return text;
    }

    private static string Comment(string text) => $"-m comment --comment \"{text}\"";
}
