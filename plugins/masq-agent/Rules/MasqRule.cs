using NetAgent.Contracts;
using Range = NetAgent.Plugins.MasqAgent.Settings.Range;

namespace NetAgent.Plugins.MasqAgent.Rules;

/// <summary>Why a rule is in the chain.</summary>
internal enum MasqRuleKind
{
    /// <summary>masqueradeCIDRs.</summary>
    Forced,

    /// <summary>masqLinkLocal or masqLinkLocalIPv6 is false.</summary>
    LinkLocal,

    /// <summary>nonMasqueradeCIDRs.</summary>
    NonMasquerade,

    /// <summary>Whatever reaches the end.</summary>
    CatchAll,
}

/// <summary>A rule of the chain with what it matches, so that it can be explained.</summary>
/// <param name="Kind">Why it is there.</param>
/// <param name="Source">Only traffic from here; none for any.</param>
/// <param name="Destination">Only traffic to here; none for any.</param>
/// <param name="Protocol">Only this protocol; none for any.</param>
/// <param name="Origin">The configured range; null for link-local and the catch-all.</param>
/// <param name="Text">What follows <c>-A CHAIN </c> in iptables-save.</param>
internal sealed record MasqRule(MasqRuleKind Kind, InetPrefix Source, InetPrefix Destination, IpProtocol Protocol, Range? Origin,
    string Text)
{
    public bool Masquerades => Kind is MasqRuleKind.Forced or MasqRuleKind.CatchAll;

    /// <summary>A packet of no known protocol matches the rules of all.</summary>
    public bool Matches(Packet packet) =>
        (Source.IsNone || Source.Contains(packet.Source)) && (Destination.IsNone || Destination.Contains(packet.Destination))
        && (Protocol == IpProtocol.None || packet.Protocol == IpProtocol.None || Protocol == packet.Protocol);
}
