using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Iptables;

/// <summary>
/// Rules in chains that are not ours. Read shows every rule of the built-in chains (and of <see cref="Parents"/>) as a row of its own, so
/// that a jump with an older comment is seen and can go; the second copy of a rule is the row <c>RULE #2</c>.
/// </summary>
internal sealed class JumpTable(IptablesView view) : IKernelTable<JumpKey, Jump>
{
    // By the kernel's spelling: the row that we were asked for.
    private readonly Dictionary<JumpKey, Jump> _wanted = [];

    public string Name => "jumps";

    /// <summary>User chains of others whose rules are read too, by table and name.</summary>
    public IReadOnlyCollection<(string Table, string Parent)> Parents { get; set; } = [];

    public IReadOnlyDictionary<JumpKey, Jump> Read()
    {
        var rows = new Dictionary<JumpKey, Jump>();
        foreach (var ((family, table), saved) in view.ReadFor(this))
        {
            foreach (var chain in saved.Chains.Values.Where(c => c.IsBuiltIn || Parents.Contains((table, c.Name))))
            {
                var seen = new Dictionary<string, int>(StringComparer.Ordinal);
                foreach (var rule in chain.Rules)
                {
                    var copy = seen[rule] = seen.GetValueOrDefault(rule) + 1;
                    var key = new JumpKey(family, table, chain.Name, rule);
                    var row = _wanted.TryGetValue(key, out var known) ? known : new Jump(key, JumpPosition.First);
                    row = copy == 1
                        ? row : new(key with { Rule = string.Create(CultureInfo.InvariantCulture, $"{rule} #{copy}") }, JumpPosition.First);
                    rows[row.Key] = row;
                }
            }
        }
        return rows;
    }

    public void Apply(IReadOnlyList<RowChange<Jump>> changes, ICollection<RowRefusal> refusals)
    {
        var usable = new List<int>();
        for (var i = 0; i < changes.Count; i++)
        {
            if (changes[i].Kind == RowChangeKind.Replace && changes[i].Before.Key == changes[i].Row.Key)
            {
                Rename(changes[i].Row);
            }
            else if (RuleSyntax.Refusal(changes[i].Row.Key) is { } reason)
            {
                refusals.Add(new(i, "iptables-restore", 0, reason));
            }
            else
            {
                usable.Add(i);
            }
        }
        foreach (var family in usable.GroupBy(i => changes[i].Row.Key.Family))
        {
            Write(family.Key, [.. family], changes, refusals);
        }
    }

    private void Rename(Jump row)
    {
        foreach (var spelling in _wanted.Where(w => w.Value.Key == row.Key).Select(w => w.Key).ToList())
        {
            _wanted[spelling] = row;
        }
    }

    private void Write(IpFamily family, List<int> indexes, IReadOnlyList<RowChange<Jump>> changes, ICollection<RowRefusal> refusals)
    {
        try
        {
            var tool = view.Tool(family) ?? throw IptablesView.Missing(family);
            var plan = new JumpPlan(family, _wanted);
            var tables = indexes.Select(i => changes[i].Row.Key.Table).Distinct().ToDictionary(t => t, t => view.ReadNow(family, t));
            var blocks = plan.Blocks(indexes, changes, tables);
            if (blocks.Count == 0)
            {
                return;
            }
            view.Forget();
            var written = new RestoreBatch(tool, refusals).Run(blocks);
            foreach (var table in written.GroupBy(b => b.Table))
            {
                plan.Learn(tables[table.Key], view.ReadNow(family, table.Key), [.. table.Select(b => changes[b.Index])]);
            }
        }
        catch (KernelException e) when (e.Cause is null)
        {
            foreach (var i in indexes.Where(i => refusals.All(r => r.Index != i)))
            {
                refusals.Add(new(i, e.Operation, e.Errno, e.Message));
            }
        }
    }
}
