using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Rules;

namespace NetAgent.Plugins.MasqAgent.Nat;

/// <summary>Where a rule stands among POSTROUTING's.</summary>
internal enum NatOrder : byte
{
    /// <summary>Before the jump to our chain, or that jump is not there yet and will be appended.</summary>
    BeforeOurs,

    /// <summary>After it: met by what our chain returns.</summary>
    AfterOurs,
}

/// <summary>A rule of somebody else that rewrites a packet's source.</summary>
internal sealed record NatHit(NatRule Rule, Tristate Certainty, NatOrder Order);

/// <summary>What one packet meets on its way through POSTROUTING.</summary>
/// <param name="Foreign">Others' rules that do or may rewrite its source, in order, up to the first that certainly does.</param>
/// <param name="MeetsOurs">Whether it reaches our chain.</param>
internal sealed record NatWalk(IReadOnlyList<NatHit> Foreign, Tristate MeetsOurs);

/// <summary>The nat table of one family as iptables-save prints it, and the way of a packet through POSTROUTING.</summary>
internal sealed class NatTable
{
    /// <summary>iptables refuses loops; a dump that has one all the same must not hang us.</summary>
    private const int MaximumDepth = 16;

    /// <summary>Rules that all walks together may look at: chains that call each other in a fan cost their product.</summary>
    private const int MaximumCost = 2_000_000;

    private readonly Dictionary<string, List<string>> _lines = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<NatRule>> _rules = new(StringComparer.Ordinal);
    private readonly string _ours;
    private int _cost;

    /// <summary>Reads a table.</summary>
    /// <param name="lines">The lines that start with -A.</param>
    /// <param name="ours">The name of our chain.</param>
    public NatTable(EquatableArray<string> lines, string ours)
    {
        _ours = ours;
        foreach (var line in lines)
        {
            if (line.StartsWith("-A ", StringComparison.Ordinal))
            {
                var end = line.IndexOf(' ', 3);
                var chain = end < 0 ? line[3..] : line[3..end];
                if (!_lines.TryGetValue(chain, out var of))
                {
                    _lines.Add(chain, of = []);
                }
                of.Add(line);
            }
        }
    }

    /// <summary>The table is too large to look at in full; what was found is true, what was not found may be there.</summary>
    public bool IsExhausted => _cost > MaximumCost;

    /// <summary>The rules of a chain, in order. Parsed when first asked for: most of kube-proxy's thousands are never.</summary>
    public IReadOnlyList<NatRule> RulesOf(string chain)
    {
        if (!_rules.TryGetValue(chain, out var rules))
        {
            rules = [.. _lines.GetValueOrDefault(chain, []).Select(NatRule.Parse).OfType<NatRule>()];
            _rules.Add(chain, rules);
        }
        return rules;
    }

    public bool HasChain(string chain) => _lines.ContainsKey(chain);

    /// <summary>Counts one rule looked at; true when no more should be.</summary>
    public bool Spend() => ++_cost > MaximumCost;

    /// <summary>Our jump is in the kernel.</summary>
    public bool OursIsThere => RulesOf(RuleText.JumpParent).Any(r => r.Target == _ours);

    /// <summary>Follows a packet through POSTROUTING.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="oursMasquerades">What our chain does with it, for it ends the way of what it masquerades.</param>
    public NatWalk Walk(NatPacket packet, bool oursMasquerades)
    {
        var walk = new Walker(this, packet, oursMasquerades);
        walk.Visit(RuleText.JumpParent, Tristate.Yes, 0);
        return new(walk.Foreign, walk.MeetsOurs);
    }

    private sealed class Walker(NatTable table, NatPacket packet, bool oursMasquerades)
    {
        private NatOrder _order = NatOrder.BeforeOurs;

        public List<NatHit> Foreign { get; } = [];

        public Tristate MeetsOurs { get; private set; }

        /// <summary>
        /// Goes through a chain that is entered as surely as said; returns how surely a packet that enters it leaves it again.
        /// </summary>
        public Tristate Visit(string chain, Tristate entered, int depth)
        {
            var (here, returned) = (Tristate.Yes, Tristate.No);
            foreach (var rule in table.RulesOf(chain))
            {
                if (table.Spend())
                {
                    return Tristate.Maybe;
                }
                var matches = rule.Matches(packet);
                var takes = here.And(matches);
                if (takes != Tristate.No)
                {
                    var goesOn = Meet(rule, entered.And(takes), depth);
                    if (rule.IsGoto || rule.Target == "RETURN")
                    {
                        returned = returned.Or(takes.And(goesOn));
                        goesOn = Tristate.No;
                    }
                    here = here.And(matches == Tristate.Yes || goesOn == Tristate.Yes ? goesOn : Tristate.Maybe);
                }
                if (rule.Target == table._ours)
                {
                    _order = NatOrder.AfterOurs;
                }
                if (here == Tristate.No)
                {
                    break;
                }
            }
            return here.Or(returned);
        }

        /// <summary>Applies a rule's target; returns how surely the packet is still on its way.</summary>
        private Tristate Meet(NatRule rule, Tristate takes, int depth)
        {
            if (rule.RewritesSource)
            {
                Foreign.Add(new(rule, takes, _order));
                return Tristate.No;
            }
            if (rule.Target == table._ours)
            {
                MeetsOurs = MeetsOurs.Or(takes);
                return oursMasquerades ? Tristate.No : Tristate.Yes;
            }
            if (rule.Target == "ACCEPT")
            {
                return Tristate.No;
            }
            return depth < MaximumDepth && table.HasChain(rule.Target) ? Visit(rule.Target, takes, depth + 1) : Tristate.Yes;
        }
    }
}
