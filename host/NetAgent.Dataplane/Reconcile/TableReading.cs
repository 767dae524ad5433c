using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>Adoption and verification: the kernel read once, compared with what is wanted, and what to put right marked.</summary>
internal sealed class TableReading<TKey, TRow>(
    RowTable<TKey, TRow> rows, RowKind<TKey, TRow> kind, IKernelTable<TKey, TRow> kernel, PluginRegistry plugins,
    RowStanding<TKey, TRow> standing, Refusals refusals)
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    private readonly HashSet<ushort> _searched = [];

    /// <summary>What is remembered of the kernel may be wrong: read it first.</summary>
    public bool MustRead { get; set; } = true;

    /// <summary>How often the kernel was read.</summary>
    public int Reads { get; private set; }

    /// <summary>How many rows the kernel was believed to have and a reading did not find.</summary>
    public int Lost { get; private set; }

    /// <summary>Objects that are nobody's here, as of the last reading.</summary>
    public int Foreign { get; private set; }

    /// <summary>Rows found to differ from what was written.</summary>
    public long Repairs { get; private set; }

    /// <summary>False when it failed; then the table is as it is remembered.</summary>
    public bool Read(SyncTally tally)
    {
        IReadOnlyDictionary<TKey, TRow> found;
        try
        {
            found = kernel.Read();
        }
        catch (KernelException e)
        {
            MustRead = true;
            tally.ReadFailures.Add(new(kernel.Name, e.Message));
            return false;
        }
        for (var slot = 0; slot < rows.End; slot++)
        {
            if (rows[slot].Is(SlotStates.Used))
            {
                Compare(slot, found, tally);
            }
        }
        FindStale(found, tally);
        _searched.Clear();
        _searched.UnionWith(plugins.Prunable);
        MustRead = false;
        Reads++;
        return true;
    }

    private void Compare(int slot, IReadOnlyDictionary<TKey, TRow> found, SyncTally tally)
    {
        if (!rows.IsKnown(slot))
        {
            return;
        }
        ref var row = ref rows[slot];
        var believed = row.Is(SlotStates.Present);
        var pending = row.Is(SlotStates.Dirty) || refusals.Has(slot);
        if (!found.TryGetValue(row.Row.Key, out var actual))
        {
            var wanted = standing.IsWanted(slot);
            Lost += believed ? 1 : 0;
            rows.SetAbsent(slot);
            if (wanted)
            {
                Mark(slot, believed && !pending, tally);
            }
            return;
        }
        var changed = believed && !rows.Actual(slot).Equals(actual);
        var leftAlone = row.Is(SlotStates.Draining) && !changed;
        rows.SetPresent(slot, actual);
        if (standing.IsWanted(slot) ? !standing.IsSatisfied(slot) : !leftAlone)
        {
            row.States &= ~SlotStates.Draining;
            Mark(slot, changed && !pending, tally);
        }
    }

    private void FindStale(IReadOnlyDictionary<TKey, TRow> found, SyncTally tally)
    {
        Foreign = 0;
        foreach (var (key, row) in found)
        {
            if (rows.Find(key) is >= 0 and var known && rows.IsKnown(known))
            {
                continue;
            }
            if (kind.OwnerOf(row, plugins) is not { } plugin || kind.IsShielded(row))
            {
                Foreign++;
            }
            else if (plugins[plugin].MayPrune)
            {
                var isNew = _searched.Contains(plugin);
                Mark(rows.Adopt(row, plugin, isInherited: !isNew), isNew, tally);
            }
        }
    }

    private void Mark(int slot, bool drifted, SyncTally tally)
    {
        if (drifted && Reads > 0 && !standing.IsObserved(slot))
        {
            Repairs++;
            tally.CountDrift(kernel.Name, kind.KeyText(rows[slot].Row));
        }
        // A refused row is tried again at its own time.
        if (!refusals.Has(slot))
        {
            rows.MarkDirty(slot);
        }
    }
}
