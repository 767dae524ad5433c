using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Iptables;

/// <summary>User chains of the iptables tables in use, one restore per family and batch.</summary>
internal sealed class ChainTable(IptablesView view) : IKernelTable<ChainKey, Chain>, IRowMeaning<Chain>
{
    // What the kernel made of a text that we wrote in another spelling.
    private readonly Dictionary<ChainKey, (EquatableArray<string> Wanted, EquatableArray<string> Kernel)> _spellings = [];
    private readonly Dictionary<ChainKey, EquatableArray<string>> _written = [];

    public string Name => "chains";

    public IReadOnlyDictionary<ChainKey, Chain> Read()
    {
        var rows = new Dictionary<ChainKey, Chain>();
        foreach (var ((family, table), saved) in view.ReadFor(this))
        {
            foreach (var chain in saved.Chains.Values.Where(c => !c.IsBuiltIn))
            {
                var key = new ChainKey(family, table, chain.Name);
                var rules = chain.Rules.ToEquatableArray();
                rows[key] = new(key, _spellings.TryGetValue(key, out var known) && known.Kernel == rules ? known.Wanted : rules);
            }
        }
        return rows;
    }

    public bool Satisfies(Chain actual, Chain wanted)
    {
        if (actual.Key != wanted.Key || actual.Rules.Count != wanted.Rules.Count)
        {
            return false;
        }
        if (actual.Rules == wanted.Rules || (_spellings.TryGetValue(wanted.Key, out var known) && known == (wanted.Rules, actual.Rules)))
        {
            return true;
        }
        for (var i = 0; i < actual.Rules.Count; i++)
        {
            if (!RuleText.Same(wanted.Key.Family, actual.Rules[i], wanted.Rules[i]))
            {
                return false;
            }
        }
        return true;
    }

    public void Apply(IReadOnlyList<RowChange<Chain>> changes, ICollection<RowRefusal> refusals)
    {
        var writes = new Dictionary<ChainKey, int>();
        for (var i = 0; i < changes.Count; i++)
        {
            var change = changes[i];
            if (change.Kind == RowChangeKind.Replace && Satisfies(change.Before, change.Row))
            {
                _spellings[change.Row.Key] = (change.Row.Rules, change.Before.Rules);
            }
            else if (RuleSyntax.Refusal(change.Row) is { } reason)
            {
                refusals.Add(new(i, "iptables-restore", 0, reason));
            }
            else
            {
                writes[change.Row.Key] = i;
            }
        }
        foreach (var family in writes.GroupBy(w => w.Key.Family))
        {
            Write(family.Key, [.. family.Select(w => w.Value).Order()], changes, refusals);
        }
    }

    private void Write(IpFamily family, List<int> indexes, IReadOnlyList<RowChange<Chain>> changes, ICollection<RowRefusal> refusals)
    {
        try
        {
            if (view.Tool(family) is not { } tool)
            {
                throw IptablesView.Missing(family);
            }
            var removable = new ChainRemoval(view, family, changes).Removable(indexes, refusals);
            var blocks = indexes.Where(i => changes[i].Kind != RowChangeKind.Remove).Select(i => Fill(i, changes[i]))
                .Concat(removable.Select(i => Drop(i, changes[i].Row.Key)))
                .ToList();
            if (blocks.Count == 0)
            {
                return;
            }
            view.Forget();
            var written = new RestoreBatch(tool, refusals).Run(blocks);
            Learn(family, [.. written.Select(b => changes[b.Index])]);
        }
        catch (KernelException e) when (e.Cause is null)
        {
            foreach (var i in indexes.Where(i => refusals.All(r => r.Index != i)))
            {
                refusals.Add(new(i, e.Operation, e.Errno, e.Message));
            }
        }
    }

    // A text that looks canonical is taken to read back as written; when it once did not, it is read back after the next write.
    private void Learn(IpFamily family, List<RowChange<Chain>> written)
    {
        var unsure = new List<Chain>();
        foreach (var (kind, row, _) in written)
        {
            var again = _written.TryGetValue(row.Key, out var last) && last == row.Rules;
            _spellings.Remove(row.Key);
            _written.Remove(row.Key);
            if (kind == RowChangeKind.Remove)
            {
                continue;
            }
            _written[row.Key] = row.Rules;
            if (again || !row.Rules.All(r => RuleText.Normalise(family, r) == r))
            {
                unsure.Add(row);
            }
        }
        foreach (var table in unsure.GroupBy(c => c.Key.Table))
        {
            var saved = view.ReadNow(family, table.Key);
            foreach (var chain in table)
            {
                if (saved.Chains.TryGetValue(chain.Key.Name, out var actual) && actual.Rules.Count == chain.Rules.Count)
                {
                    _spellings[chain.Key] = (chain.Rules, actual.Rules.ToEquatableArray());
                }
            }
        }
    }

    private static RestoreBlock Fill(int index, RowChange<Chain> change)
    {
        var key = change.Row.Key;
        return new(index, key.Table, key.Name, [$":{key.Name} - [0:0]"], [.. change.Row.Rules.Select(r => $"-A {key.Name} {r}".TrimEnd())],
            [])
        {
            IsNewChain = change.Kind == RowChangeKind.Add,
        };
    }

    // Declaring empties it first, so chains that name each other go in one transaction.
    private static RestoreBlock Drop(int index, ChainKey key) =>
        new(index, key.Table, key.Name, [$":{key.Name} - [0:0]"], [], [$"-X {key.Name}"]);
}
