using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Nat;
using NetAgent.Plugins.MasqAgent.Rules;
using NetAgent.Plugins.MasqAgent.Settings;

namespace NetAgent.Plugins.MasqAgent.Explain;

/// <summary>Answers which rule decides about a packet's source, in the words that cloud providers' connectivity tests use.</summary>
internal sealed class MasqExplainer(MasqSettings settings, ReconcileInput input)
{
    private readonly List<string> _details = [];

    public Explanation Explain(Packet packet)
    {
        var (from, to) = (packet.Source, packet.Destination);
        if (from.IsNone || to.IsNone || from.Family != to.Family)
        {
            return Answer("no such packet: source and destination must be addresses of one family", null);
        }
        var chains = MasqWish.ChainsOf(settings, input.Cluster.Node);
        if (chains is null)
        {
            return Answer("not known yet: podCIDRsOnly needs spec.podCIDRs of this Node, which the cluster has not told", null);
        }
        var chain = chains.FirstOrDefault(c => c.Family == from.Family);
        // Without --enable-ipv6 there is no chain; others may masquerade all the same.
        var decision = chain?.Decide(packet);
        var isToNode = IsOnNode(to);
        DescribeEnds(from, to, isToNode);
        var ours = chain is null ? NoChain() : isToNode == true ? Local(to) : Ours(chain, decision, packet);
        return isToNode == true && IsOnNode(from) == false && !IsServiceAddress(to)
            ? EndsHere(from, ours)
            : Settle(packet, chain ?? new(from.Family, settings.Flags.Chain, []), ours, isToNode);
    }

    private sealed record OurAnswer(string Verdict, string? Rule, bool Masquerades);

    private static OurAnswer NoChain() => new("IPv6 is disabled (no --enable-ipv6), so no rule of this plugin sees it", null, false);

    private OurAnswer Local(InetAddress to)
    {
        if (IsServiceAddress(to))
        {
            _details.Add($"{to} is a Service address: the packet is rewritten to one of its endpoints, and that address decides; ask again with it");
        }
        return new($"same node: {to} is an address of this node, and only traffic to non-LOCAL destinations enters {settings.Flags.Chain}", null, false);
    }

    private OurAnswer Ours(MasqChain chain, MasqRule? decision, Packet packet)
    {
        if (decision is null)
        {
            return new($"source {packet.Source} is in no pod CIDR of this node (podCIDRsOnly)", null, false);
        }
        var rule = $"-A {chain.Name} {decision.Text}";
        if (!decision.Masquerades)
        {
            return new(Kept(decision, packet.Destination), rule, false);
        }
        DescribePorts(chain, decision, packet);
        return new(decision.Kind == MasqRuleKind.Forced
            ? $"destination in forced range {decision.Origin} (masqueradeCIDRs come first)"
            : "destination in no non-masquerade range", rule, true);
    }

    private static string Kept(MasqRule decision, InetAddress to) => decision switch
    {
        { Kind: MasqRuleKind.LinkLocal } => $"destination is link-local ({decision.Destination}; {(to.Family == IpFamily.IPv4 ? "masqLinkLocal" : "masqLinkLocalIPv6")} is false)",
        { Origin: { IsDefault: true } origin } => $"destination in default range {origin.Prefix}",
        _ => $"destination in configured range {decision.Origin}",
    };

    private void DescribePorts(MasqChain chain, MasqRule decision, Packet packet)
    {
        if (settings.Flags.ToPorts.IsEmpty || packet.Protocol != IpProtocol.None)
        {
            return;
        }
        _details.Add($"TCP, UDP and SCTP get a source port of {string.Join(", ", settings.Flags.ToPorts.Select(r => r.ToString()))} (--to-ports); the rule shown is TCP's first");
        var other = chain.Rules.First(r => r.Kind == decision.Kind && r.Origin == decision.Origin && r.Protocol == IpProtocol.None && r.Matches(packet));
        _details.Add($"other protocols: -A {chain.Name} {other.Text}");
    }

    /// <summary>POSTROUTING is on the way of what leaves the node, or comes from it, alone.</summary>
    private Explanation EndsHere(InetAddress from, OurAnswer ours)
    {
        _details.Add("what comes from elsewhere and ends on this node passes INPUT, never POSTROUTING: no rule there sees it. A Service's node port is no end: the packet is rewritten to an endpoint, and that address decides; ask again with it");
        return Answer($"not masqueraded, {ours.Verdict}: the source stays {from}", ours.Rule);
    }

    /// <summary>Joins our chain's answer with what others' rules do before and after it.</summary>
    private Explanation Settle(Packet packet, MasqChain chain, OurAnswer ours, bool? isToNode)
    {
        var (from, to) = (packet.Source, packet.Destination);
        if (input.Facts.Route is { Problem: { } problem })
        {
            _details.Add($"the kernel has no way for it now, so it leaves by no interface: {problem}");
        }
        var newSource = NewSource(from, to);
        if (MasqWish.TableOf(input.Facts, chain) is not { } table)
        {
            _details.Add($"{from.Family} nat could not be looked at: rules of others that masquerade are not known");
        }
        else
        {
            if (chain.Rules.Count > 0 && !table.OursIsThere)
            {
                _details.Add($"the jump to {chain.Name} is not in the kernel now; an agent that runs puts it back at its next sync");
            }
            var walk = table.Walk(AtNat(packet, isToNode), ours.Masquerades);
            var certain = walk.Foreign.FirstOrDefault(h => h.Certainty == Tristate.Yes);
            foreach (var hit in walk.Foreign.Where(h => h.Certainty == Tristate.Maybe))
            {
                _details.Add($"competing rule of {hit.Rule.Owner.Name}, {Place(hit)}, may masquerade it where its other conditions hold: {hit.Rule.Line}");
            }
            // After what our chain masquerades nothing follows, so a certain hit beside it came before.
            if (certain is not null)
            {
                _details.Add($"{settings.Flags.Chain} by itself: {ours.Verdict}{(ours.Rule is null ? "" : $": {ours.Rule}")}");
                _details.Add($"remedy: {certain.Rule.Owner.Remedy}");
                return Answer($"masqueraded by a competing rule of {certain.Rule.Owner.Name}, {Place(certain)}: {NewSource(certain.Rule, newSource)}", certain.Rule.Line);
            }
        }
        if (!ours.Masquerades && SettleInOtherBackend(packet, chain, ours, isToNode, newSource) is { } elsewhere)
        {
            return elsewhere;
        }
        return ours.Masquerades
            ? Answer($"masqueraded, {ours.Verdict}: {newSource}", ours.Rule)
            : Answer($"not masqueraded, {ours.Verdict}: the source stays {from}", ours.Rule);
    }

    /// <summary>What our chain leaves alone still passes the other iptables back end's rules.</summary>
    private Explanation? SettleInOtherBackend(Packet packet, MasqChain chain, OurAnswer ours, bool? isToNode, string newSource)
    {
        if (MasqWish.OtherTableOf(input.Facts, chain) is not { } other)
        {
            return null;
        }
        var walk = other.Table.Walk(AtNat(packet, isToNode), oursMasquerades: false);
        foreach (var hit in walk.Foreign.Where(h => h.Certainty == Tristate.Maybe))
        {
            _details.Add($"competing rule of {hit.Rule.Owner.Name} in iptables-{other.Backend} may masquerade it where its other conditions hold: {hit.Rule.Line}");
        }
        if (walk.Foreign.FirstOrDefault(h => h.Certainty == Tristate.Yes) is not { } certain)
        {
            return null;
        }
        _details.Add($"{settings.Flags.Chain} by itself: {ours.Verdict}{(ours.Rule is null ? "" : $": {ours.Rule}")}");
        _details.Add($"remedy: {certain.Rule.Owner.Remedy}");
        return Answer($"masqueraded by a competing rule of {certain.Rule.Owner.Name} in iptables-{other.Backend}, the other back end: {NewSource(certain.Rule, newSource)}", certain.Rule.Line);
    }

    private NatPacket AtNat(Packet packet, bool? isToNode) => new(packet.Source, packet.Destination, IsOnNode(packet.Source), isToNode)
    {
        Protocol = packet.Protocol,
        SourcePort = packet.SourcePort,
        DestinationPort = packet.DestinationPort,
    };

    private string NewSource(InetAddress from, InetAddress to) => input.Facts.Route switch
    {
        { Link.Length: > 0, MasqueradeSource.IsNone: false } route =>
            $"the source becomes {route.MasqueradeSource}, the address of {route.Link}, by which the kernel sends it{(route.Gateway.IsNone ? "" : $" (via {route.Gateway})")}",
        { Link.Length: > 0 } route => $"the packet leaves by {route.Link}, which has no {to.Family} address to give it: MASQUERADE drops it",
        _ => $"the source becomes the address of the outgoing interface{Usually(from.Family)}",
    };

    private string Place(NatHit hit) => hit.Order == NatOrder.BeforeOurs ? $"before {settings.Flags.Chain}" : $"after {settings.Flags.Chain}";

    private static string NewSource(NatRule rule, string masqueraded)
    {
        var words = RuleWords.Split(rule.Line);
        var at = words.IndexOf("--to-source");
        return at >= 0 && at + 1 < words.Count ? $"the source becomes {words[at + 1]}" : rule.Target == "MASQUERADE" ? masqueraded : $"{rule.Target} rewrites the source";
    }

    private string Usually(IpFamily family)
    {
        foreach (var address in input.Cluster.Node?.Addresses ?? [])
        {
            if (address.Family == family)
            {
                return $" (on a node with one uplink its {address})";
            }
        }
        return "";
    }

    private void DescribeEnds(InetAddress from, InetAddress to, bool? isToNode)
    {
        if (IsOnNode(from) == true)
        {
            _details.Add($"{from} is this node's own address: a host-network pod or the node itself, whose source changes only if it leaves by another interface");
        }
        if (isToNode is null)
        {
            _details.Add("the node's addresses could not be read: if the destination is one of them (same node) nothing is masqueraded here");
        }
        else if (isToNode == false && MasqWish.PodCidrsOf(input.Cluster.Node, to.Family).Any(p => p.Contains(to)))
        {
            _details.Add($"{to} is in a pod CIDR of this node: same node, yet not LOCAL, so the rules are asked as for any pod");
        }
        if (isToNode == false && IsServiceAddress(to))
        {
            _details.Add($"{to} is a Service address: the packet is rewritten to one of its endpoints, and that address decides; ask again with it");
        }
        _details.Add("this is about the first packet of a connection; the rest of it and return packets follow that without any rule");
    }

    private bool? IsOnNode(InetAddress address)
    {
        if (address.IsLoopback)
        {
            return true;
        }
        if (input.Facts.Links is not { } links)
        {
            return null;
        }
        foreach (var link in links)
        {
            if (link.Addresses.Any(prefix => prefix.Address == address))
            {
                return true;
            }
        }
        return false;
    }

    private bool IsServiceAddress(InetAddress address) => input.Cluster.Services.Values.Any(s => s.Service.ClusterIPs.Contains(address));

    private Explanation Answer(string verdict, string? rule) => new(verdict) { Rule = rule, Details = _details.ToEquatableArray() };
}
