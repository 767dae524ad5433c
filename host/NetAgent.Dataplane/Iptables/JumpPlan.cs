using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Iptables;

/// <summary>Turns changes of jumps into lines, given the rules that are there, and learns how the kernel spells what was written.</summary>
internal sealed class JumpPlan(IpFamily family, Dictionary<JumpKey, Jump> wanted)
{
    /// <summary>The lines to write; changes that are done already give none.</summary>
    public List<RestoreBlock> Blocks(
        List<int> indexes, IReadOnlyList<RowChange<Jump>> changes, IReadOnlyDictionary<string, SavedTable> tables)
    {
        var additions = new List<int>();
        var removals = new List<RestoreBlock>();
        foreach (var i in indexes)
        {
            var key = changes[i].Row.Key;
            var rules = RulesOf(tables[key.Table], key.Parent);
            if (changes[i].Kind == RowChangeKind.Remove)
            {
                removals.AddRange(Remove(i, key, rules));
            }
            else if (rules.FirstOrDefault(r => RuleText.Same(family, r, key.Rule)) is { } there)
            {
                wanted[key with { Rule = there }] = changes[i].Row;
            }
            else
            {
                additions.Add(i);
            }
        }
        // Each is put before all others, so the first must come last.
        var first = additions.Where(i => changes[i].Row.Position == JumpPosition.First).OrderByDescending(i => changes[i].Row.Order)
            .ThenByDescending(i => i);
        var last = additions.Where(i => changes[i].Row.Position == JumpPosition.Last).OrderBy(i => changes[i].Row.Order);
        var wholes = removals.Select(b => changes[b.Index].Row.Key).Where(k => CopyOf(k.Rule) is null).ToHashSet();
        removals.RemoveAll(b => CopyOf(changes[b.Index].Row.Key.Rule) is { } original
            && wholes.Contains(changes[b.Index].Row.Key with { Rule = original }));
        // A rule that this batch wants in another spelling is not taken away in the old one.
        removals.RemoveAll(b => changes[b.Index].Row.Key is var key && wanted.TryGetValue(key, out var alias) && alias.Key != key);
        return [.. first.Select(i => Add(i, "-I", changes[i].Row.Key)), .. last.Select(i => Add(i, "-A", changes[i].Row.Key)), .. removals];
    }

    /// <summary>Remembers under which text each written jump now stands.</summary>
    public void Learn(SavedTable before, SavedTable after, List<RowChange<Jump>> written)
    {
        foreach (var parent in written.GroupBy(c => c.Row.Key.Parent))
        {
            var fresh = RulesOf(after, parent.Key).ToList();
            foreach (var old in RulesOf(before, parent.Key))
            {
                fresh.Remove(old);
            }
            foreach (var removed in parent.Where(c => c.Kind == RowChangeKind.Remove))
            {
                foreach (var spelling in wanted.Where(w => w.Value.Key == removed.Row.Key).Select(w => w.Key).ToList())
                {
                    wanted.Remove(spelling);
                }
            }
            // First ones stand in ascending order before last ones in ascending order.
            var added = parent.Where(c => c.Kind != RowChangeKind.Remove).Select(c => c.Row).OrderBy(j => j.Position).ThenBy(j => j.Order)
                .ToList();
            foreach (var jump in added.ToList())
            {
                if (fresh.Find(r => RuleText.Same(family, r, jump.Key.Rule)) is { } same)
                {
                    wanted[jump.Key with { Rule = same }] = jump;
                    fresh.Remove(same);
                    added.Remove(jump);
                }
            }
            if (added.Count == fresh.Count)
            {
                foreach (var (jump, rule) in added.Zip(fresh))
                {
                    wanted[jump.Key with { Rule = rule }] = jump;
                }
            }
        }
    }

    private IEnumerable<RestoreBlock> Remove(int index, JumpKey key, IReadOnlyList<string> rules)
    {
        if (CopyOf(key.Rule) is { } original)
        {
            // One of several equal rules: which one goes makes no difference to a packet.
            return rules.Count(r => r == original) > 1 ? [Delete(index, key, [original])] : [];
        }
        var spellings = rules.Where(r => r == key.Rule
            || RuleText.Same(family, r, key.Rule)
            || (wanted.TryGetValue(key with { Rule = r }, out var row) && row.Key == key)).ToList();
        return spellings.Count == 0 ? [] : [Delete(index, key, spellings)];
    }

    /// <summary>The rule that <c>RULE #2</c> is a copy of, or null.</summary>
    private static string? CopyOf(string rule)
    {
        var mark = rule.LastIndexOf(" #", StringComparison.Ordinal);
        return mark > 0 && int.TryParse(rule.AsSpan(mark + 2), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? rule[..mark] : null;
    }

    private static IReadOnlyList<string> RulesOf(SavedTable table, string parent) =>
        table.Chains.TryGetValue(parent, out var chain) ? chain.Rules : [];

    private static RestoreBlock Add(int index, string command, JumpKey key) =>
        new(index, key.Table, key.Parent, [], [$"{command} {key.Parent} {key.Rule}"], []);

    private static RestoreBlock Delete(int index, JumpKey key, IEnumerable<string> rules) =>
        new(index, key.Table, key.Parent, [], [], [.. rules.Select(r => $"-D {key.Parent} {r}")]);
}
