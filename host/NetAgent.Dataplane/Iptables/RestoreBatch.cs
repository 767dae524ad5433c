using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Iptables;

/// <summary>
/// Brings blocks into the kernel with one restore when all are good. When one is refused, it is found (by the line or chain that the tool
/// names, else by trying one by one) and left out, so that a bad chain does not hold up the others.
/// </summary>
internal sealed class RestoreBatch(IIptables tool, ICollection<RowRefusal> refusals)
{
    private readonly HashSet<string> _chains = new(StringComparer.Ordinal);

    /// <summary>Restores the blocks; returns those that went in.</summary>
    public IReadOnlyList<RestoreBlock> Run(IReadOnlyList<RestoreBlock> blocks)
    {
        var pending = blocks.ToList();
        _chains.UnionWith(blocks.Select(block => block.Chain));
        var written = new List<RestoreBlock>();
        var emptyChains = new List<RestoreBlock>();
        while (pending.Count > 0)
        {
            var text = RestoreText.Of([.. emptyChains, .. pending]);
            if (TryRestore(text) is not { } error)
            {
                written.AddRange(pending);
                break;
            }
            var line = text.Line(error.Line);
            if (error.IsLock)
            {
                RefuseAll(pending, error);
                break;
            }
            if (line is { Part: RestorePart.Table })
            {
                var gone = pending.FindAll(b => b.Table == line.Value.Table);
                RefuseAll(gone, error);
                pending.RemoveAll(gone.Contains);
                emptyChains.RemoveAll(b => b.Table == line.Value.Table);
            }
            else if (Culprit(pending, line, error) is { } culprit)
            {
                Refuse(culprit, error, line?.Block == culprit ? line.Value.Text : null);
                pending.Remove(culprit);
                if (culprit.IsNewChain && line is not { Part: RestorePart.Declaration })
                {
                    emptyChains.Add(culprit with { Rules = [], Last = [] });
                }
            }
            else
            {
                written.AddRange(OneByOne(pending, line?.Table, emptyChains));
                pending.RemoveAll(b => line is null || b.Table == line.Value.Table);
                emptyChains.RemoveAll(b => line is null || b.Table == line.Value.Table);
            }
        }
        return written;
    }

    private static RestoreBlock? Culprit(
        List<RestoreBlock> pending, (string Text, string Table, RestoreBlock? Block, RestorePart Part)? line, RestoreError error)
    {
        if (line?.Block is { } block && pending.Contains(block))
        {
            return block;
        }
        var named = pending.FindAll(b => b.Chain == error.Chain && (line is null || b.Table == line.Value.Table));
        return named is [var only] ? only : null;
    }

    // Legacy iptables says "line N failed" of the COMMIT when the kernel refuses the table as a whole.
    private List<RestoreBlock> OneByOne(List<RestoreBlock> pending, string? table, List<RestoreBlock> emptyChains)
    {
        var suspects = pending.FindAll(b => table is null || b.Table == table);
        var declared = emptyChains.FindAll(b => table is null || b.Table == table);
        declared.AddRange(suspects.Where(b => b.IsNewChain || b.Last.Count > 0).Select(b => b with { Rules = [], Last = [] }));
        if (suspects.Count > 1 && declared.Count > 0)
        {
            // A failure here comes back, with its owner, from the block itself.
            _ = TryRestore(RestoreText.Of(declared));
        }
        return suspects.FindAll(Try);
    }

    private bool Try(RestoreBlock block)
    {
        var text = RestoreText.Of([block]);
        if (TryRestore(text) is not { } error)
        {
            return true;
        }
        Refuse(block, error, text.Line(error.Line) is { Part: not RestorePart.Commit } line ? line.Text : null);
        return false;
    }

    private RestoreError? TryRestore(RestoreText text)
    {
        try
        {
            return tool.Restore(text);
        }
        catch (KernelException e) when (e.Cause is null)
        {
            return new(0, null, e.Errno, e.Message, IsLock: true);
        }
    }

    private void RefuseAll(IEnumerable<RestoreBlock> blocks, RestoreError error)
    {
        foreach (var block in blocks)
        {
            Refuse(block, error, null);
        }
    }

    private void Refuse(RestoreBlock block, RestoreError error, string? line)
    {
        var where = line is null ? $"{tool.Family} {block.Table} {block.Chain}" : $"{tool.Family} {block.Table}, '{line}'";
        var missing = error.IsLock ? [] : tool.Modules.Missing(line is null ? block.Rules : [line], _chains);
        var cause = missing.Count == 0 ? null : KnownCauses.Modules(missing);
        refusals.Add(new(block.Index, "iptables-restore", error.Errno,
            $"{where}: {error.Message}{(cause is null ? "" : $"; {cause.Text}")}")
        { Cause = cause });
    }
}
