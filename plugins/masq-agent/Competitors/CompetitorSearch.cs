using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Nat;
using NetAgent.Plugins.MasqAgent.Owners;
using NetAgent.Plugins.MasqAgent.Rules;

namespace NetAgent.Plugins.MasqAgent.Competitors;

/// <summary>
/// Finds rules of others that make our chain moot. Every rule reachable from POSTROUTING that rewrites a source is tried with packets
/// chosen to meet it: from its own source (else from a pod) to each range that our chain leaves alone.
/// </summary>
internal sealed class CompetitorSearch(NatTable table, MasqChain ours, IReadOnlyList<InetPrefix> podCidrs, bool choosesPorts)
{
    private const int MaximumCandidates = 20_000;

    /// <summary>Rules of one owner beyond these are counted, not tried: a CNI plugin may have one per pod.</summary>
    private const int TriedPerOwner = 8;

    private readonly List<(NatRule Rule, InetPrefix Source, InetPrefix Destination)> _candidates = [];

    public IReadOnlyList<Competitor> Find()
    {
        Collect(RuleText.JumpParent, default, default, 0);
        return [.. _candidates.GroupBy(c => GroupOf(c.Rule)).Select(Try).OfType<Competitor>()];
    }

    private static string GroupOf(NatRule rule)
    {
        var owner = rule.Owner;
        return owner.IsUnknown ? rule.Line : owner.Name;
    }

    private void Collect(string chain, InetPrefix source, InetPrefix destination, int depth)
    {
        foreach (var rule in table.RulesOf(chain))
        {
            var (from, to) = (Narrower(source, rule.Source), Narrower(destination, rule.Destination));
            if (_candidates.Count == MaximumCandidates || table.Spend())
            {
                return;
            }
            if (rule.RewritesSource)
            {
                _candidates.Add((rule, from, to));
            }
            else if (rule.Target != ours.Name && depth < 8 && table.HasChain(rule.Target))
            {
                Collect(rule.Target, from, to, depth + 1);
            }
        }
    }

    private Competitor? Try(IEnumerable<(NatRule Rule, InetPrefix Source, InetPrefix Destination)> group)
    {
        NatHit? example = null;
        var (count, tried, takesPorts, onlyOthers) = (0, 0, false, true);
        var ranges = new HashSet<MasqRule>(ReferenceEqualityComparer.Instance);
        foreach (var (rule, source, destination) in group)
        {
            var isOther = IsOtherSource(rule, source);
            // A host that reaches itself through its published port is nobody's traffic to a range.
            if ((isOther && !rule.Owner.IsUnknown) || (source == destination && source.Length == source.Address.BitCount && !source.IsNone))
            {
                continue;
            }
            if (tried++ >= TriedPerOwner)
            {
                count += example is null ? 0 : 1;
                continue;
            }
            var hits = Meets(rule, source, destination, ranges, ref takesPorts);
            if (hits is not null)
            {
                example ??= hits;
                onlyOthers &= isOther;
                count++;
            }
        }
        return example is null
            ? null
            : new(example.Rule.Owner, example.Rule, count, example.Order, example.Certainty, [.. ours.Rules.Where(ranges.Contains)],
                takesPorts, onlyOthers);
    }

    /// <summary>The rule as met by some packet that our chain leaves alone (or would give a port), or null.</summary>
    private NatHit? Meets(NatRule rule, InetPrefix source, InetPrefix destination, HashSet<MasqRule> ranges, ref bool takesPorts)
    {
        NatHit? met = null;
        var from = !source.IsNone ? Sample.Of(source) : podCidrs.Count > 0 ? Sample.Of(podCidrs[0]) : default;
        foreach (var range in ours.Rules.Where(r => !r.Masquerades))
        {
            var narrower = !destination.IsNone && range.Destination.Contains(destination);
            var to = Sample.Of(narrower ? destination : range.Destination);
            if (Meet(rule, from, to, range) is { } hit)
            {
                ranges.Add(range);
                met ??= hit;
            }
        }
        if (choosesPorts && Meet(rule, from, destination.IsNone ? Sample.Outside(ours) : Sample.Of(destination),
            null) is { Order: NatOrder.BeforeOurs } taken)
        {
            takesPorts = true;
            met ??= taken;
        }
        return met;
    }

    private NatHit? Meet(NatRule rule, InetAddress from, InetAddress to, MasqRule? range)
    {
        var decision = to.IsNone ? null : ours.Decide(new() { Source = from, Destination = to });
        var expected = range is null ? decision is { Masquerades: true } : decision is null or { Masquerades: false };
        if (!expected)
        {
            return null;
        }
        var walk = table.Walk(new(from, to, IsFromNode: false, IsToNode: false), range is null);
        var hit = walk.Foreign.FirstOrDefault(h => ReferenceEquals(h.Rule, rule));
        // kube-proxy's sets name single flows (a pod that reaches itself); only what it masquerades for certain is amiss.
        return hit is not null && (hit.Certainty == Tristate.Yes || rule.Owner != MasqueradeOwner.Kubernetes) ? hit : null;
    }

    private bool IsOtherSource(NatRule rule, InetPrefix source) =>
        !source.IsNone && podCidrs.Count > 0 && !rule.Owner.IsPodNetwork
        && !podCidrs.Any(p => p.Contains(source) || source.Contains(p));

    private static InetPrefix Narrower(InetPrefix outer, InetPrefix inner) => inner.IsNone ? outer : inner;
}
