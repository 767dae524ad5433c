using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Settings;
using Range = NetAgent.Plugins.MasqAgent.Settings.Range;

namespace NetAgent.Plugins.MasqAgent.Rules;

/// <summary>
/// The chain of one family: forced ranges, link-local, ranges left alone, then everything else. ip-masq-agent's order, with what it does
/// not have (forced ranges, sources) only where it is asked for.
/// </summary>
internal sealed record MasqChain(IpFamily Family, string Name, IReadOnlyList<MasqRule> Rules)
{
    private static readonly InetPrefix LinkLocal4 = InetPrefix.Parse("169.254.0.0/16");
    private static readonly InetPrefix LinkLocal6 = InetPrefix.Parse("fe80::/10");
    private static readonly IpProtocol[] ProtocolsWithPorts = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp];

    /// <summary>Builds the chain.</summary>
    /// <param name="settings">The configuration.</param>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="sources">Masquerade only traffic from these (those of other families count for nothing); null for any source.</param>
    public static MasqChain Build(MasqSettings settings, IpFamily family, IReadOnlyList<InetPrefix>? sources)
    {
        IReadOnlyList<InetPrefix> ours = sources is null ? [default] : [.. sources.Where(s => s.Family == family)];
        var rules = new List<MasqRule>();
        foreach (var range in settings.MasqueradeCidrs.Where(r => r.Prefix.Family == family))
        {
            AddMasquerade(rules, settings, MasqRuleKind.Forced, ours, range);
        }
        if (!(family == IpFamily.IPv4 ? settings.MasqLinkLocal : settings.MasqLinkLocalIPv6))
        {
            rules.Add(Return(MasqRuleKind.LinkLocal, family == IpFamily.IPv4 ? LinkLocal4 : LinkLocal6, null));
        }
        foreach (var range in settings.NonMasqueradeCidrs.Where(r => r.Prefix.Family == family))
        {
            rules.Add(Return(MasqRuleKind.NonMasquerade, range.Prefix, range));
        }
        AddMasquerade(rules, settings, MasqRuleKind.CatchAll, ours, null);
        return new(family, settings.Flags.Chain, rules);
    }

    /// <summary>
    /// The first rule that takes such a packet, or null when none does. Where ports are set and no protocol is named the first is TCP's.
    /// </summary>
    public MasqRule? Decide(Packet packet)
    {
        foreach (var rule in Rules)
        {
            if (rule.Matches(packet))
            {
                return rule;
            }
        }
        return null;
    }

    public Chain ToRow() => new(new(Family, "nat", Name), Rules.Select(r => r.Text).ToEquatableArray());

    public Jump ToJump() => new(new(Family, "nat", RuleText.JumpParent, RuleText.Jump(Name)), JumpPosition.Last);

    private static MasqRule Return(MasqRuleKind kind, InetPrefix destination, Range? origin) =>
        new(kind, default, destination, IpProtocol.None, origin, RuleText.Return(destination));

    private static void AddMasquerade(
        List<MasqRule> rules, MasqSettings settings, MasqRuleKind kind, IReadOnlyList<InetPrefix> sources, Range? origin)
    {
        var (flags, forced, destination) = (settings.Flags, kind == MasqRuleKind.Forced, origin?.Prefix ?? default);
        foreach (var source in sources)
        {
            foreach (var protocol in flags.ToPorts.IsEmpty ? [] : ProtocolsWithPorts)
            {
                var remaining = flags.ToPorts.Sum(r => r.Size);
                for (var i = 0; i < flags.ToPorts.Count; i++)
                {
                    var range = flags.ToPorts[i];
                    // Each range gets its share of what the ranges before it left over, so that every port is as likely as any other.
                    double? share = i == flags.ToPorts.Count - 1 ? null : (double)range.Size / remaining;
                    remaining -= range.Size;
                    rules.Add(new(kind, source, destination, protocol, origin,
                        RuleText.Masquerade(forced, source, destination, protocol, share, range, flags.RandomFully)));
                }
            }
            rules.Add(new(kind, source, destination, IpProtocol.None, origin,
                RuleText.Masquerade(forced, source, destination, IpProtocol.None, null, null, flags.RandomFully)));
        }
    }
}
