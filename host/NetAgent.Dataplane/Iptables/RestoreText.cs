using System.Text;

namespace NetAgent.Dataplane.Iptables;

/// <summary>The lines of one change: what declares (and empties) chains, what follows, and what may only come last.</summary>
/// <param name="Index">Place of the change in the reconciler's batch.</param>
/// <param name="Table">nat, filter…</param>
/// <param name="Chain">The chain that a kernel error would name.</param>
/// <param name="Declarations">Such as <c>:CHAIN - [0:0]</c>; they come before all rules of the table, so rules may name any of these
/// chains.</param>
/// <param name="Rules">Such as <c>-A CHAIN …</c>.</param>
/// <param name="Last">Such as <c>-X CHAIN</c>.</param>
internal sealed record RestoreBlock(
    int Index, string Table, string Chain, IReadOnlyList<string> Declarations, IReadOnlyList<string> Rules, IReadOnlyList<string> Last)
{
    /// <summary>The chain is new: others of the batch may name it even when its own rules are refused.</summary>
    public bool IsNewChain { get; init; }
}

/// <summary>Which part of a block a line is.</summary>
internal enum RestorePart
{
    Table,
    Declaration,
    Rule,
    Commit,
}

/// <summary>Input for iptables-restore that knows whose every line is.</summary>
internal sealed class RestoreText
{
    private readonly List<(string Text, string Table, RestoreBlock? Block, RestorePart Part)> _lines = [];

    /// <summary>One transaction per table, nat before filter as kube-proxy has it.</summary>
    public static RestoreText Of(IEnumerable<RestoreBlock> blocks)
    {
        var text = new RestoreText();
        foreach (var table in blocks.GroupBy(b => b.Table).OrderBy(t => t.Key == "nat" ? 0 : 1).ThenBy(t => t.Key, StringComparer.Ordinal))
        {
            text.Add($"*{table.Key}", table.Key, null, RestorePart.Table);
            text.AddAll(table, b => b.Declarations, RestorePart.Declaration);
            text.AddAll(table, b => b.Rules, RestorePart.Rule);
            text.AddAll(table, b => b.Last, RestorePart.Rule);
            text.Add("COMMIT", table.Key, null, RestorePart.Commit);
        }
        return text;
    }

    /// <summary>The line with this number, from 1, or null.</summary>
    public (string Text, string Table, RestoreBlock? Block, RestorePart Part)? Line(int number) =>
        number >= 1 && number <= _lines.Count ? _lines[number - 1] : null;

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var line in _lines)
        {
            text.Append(line.Text).Append('\n');
        }
        return text.ToString();
    }

    private void AddAll(IEnumerable<RestoreBlock> blocks, Func<RestoreBlock, IReadOnlyList<string>> lines, RestorePart part)
    {
        foreach (var block in blocks)
        {
            foreach (var line in lines(block))
            {
                Add(line, block.Table, block, part);
            }
        }
    }

    private void Add(string line, string table, RestoreBlock? block, RestorePart part) => _lines.Add((line, table, block, part));
}
