using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Iptables;

/// <summary>
/// Finds which chains of a batch can go. The kernel keeps a chain that a rule names (EBUSY) and iptables does not say which rule; looking
/// first names it, and leaves the chain whole instead of emptied.
/// </summary>
internal sealed class ChainRemoval(IptablesView view, IpFamily family, IReadOnlyList<RowChange<Chain>> changes)
{
    private const int Ebusy = 16;

    /// <summary>Of these changes the removals that can be done; those already gone are left out, those in use are refused.</summary>
    /// <exception cref="KernelException">The table cannot be read.</exception>
    public IReadOnlyList<int> Removable(IReadOnlyList<int> indexes, ICollection<RowRefusal> refusals)
    {
        var removable = new List<int>();
        foreach (var table in indexes.GroupBy(i => changes[i].Row.Key.Table))
        {
            var going = table.Where(i => changes[i].Kind == RowChangeKind.Remove).ToDictionary(i => changes[i].Row.Key.Name);
            if (going.Count == 0)
            {
                continue;
            }
            var saved = view.ReadNow(family, table.Key);
            foreach (var gone in going.Keys.Where(n => !saved.Chains.ContainsKey(n)).ToList())
            {
                going.Remove(gone);
            }
            var rules = RulesAfter(saved, [.. table.Where(i => changes[i].Kind != RowChangeKind.Remove)]);
            while (FindUse(rules, going) is { } use)
            {
                refusals.Add(new(going[use.Target], "iptables-restore -X", Ebusy,
                    $"{family} {table.Key} {use.Target} is still used by '-A {use.Parent} {use.Rule}', which is not the agent's; remove"
                        + " that rule first"));
                going.Remove(use.Target);
            }
            removable.AddRange(going.Values.Order());
        }
        return removable;
    }

    private List<(string Parent, string Rule, string? Target)> RulesAfter(SavedTable saved, List<int> rewritten)
    {
        var contents = saved.Chains.ToDictionary(c => c.Key, c => c.Value.Rules);
        foreach (var i in rewritten)
        {
            contents[changes[i].Row.Key.Name] = [.. changes[i].Row.Rules];
        }
        return [.. contents.SelectMany(c => c.Value.Select(rule => (c.Key, rule, RuleText.TargetOf(rule))))];
    }

    // Chains that go are emptied first: what they name does not count.
    private static (string Parent, string Rule, string Target)? FindUse(
        List<(string Parent, string Rule, string? Target)> rules, Dictionary<string, int> going)
    {
        foreach (var (parent, rule, target) in rules)
        {
            if (target is not null && going.ContainsKey(target) && !going.ContainsKey(parent))
            {
                return (parent, rule, target);
            }
        }
        return null;
    }
}
