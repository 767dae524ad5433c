using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Reconcile;

// Adoption and verification: the kernel read once and compared with what is wanted.
internal sealed partial class TableReconciler<TKey, TRow>
{
    private readonly HashSet<ushort> _searched = [];
    private int _foreign;
    private long _repairs;

    public bool MustRead { get; private set; } = true;

    /// <summary>How many rows the kernel was believed to have and a reading did not find.</summary>
    public int Lost { get; private set; }

    /// <summary>How often the kernel was read.</summary>
    public int Reads { get; private set; }

    /// <summary>What is remembered of the kernel may be wrong: read it first.</summary>
    public void RequireRead() => MustRead = true;

    public bool Read(SyncTally tally)
    {
        IReadOnlyDictionary<TKey, TRow> kernel;
        try
        {
            kernel = _kernel.Read();
        }
        catch (KernelException e)
        {
            MustRead = true;
            tally.ReadFailures.Add($"{Name}: {e.Message}");
            return false;
        }
        for (var slot = 0; slot < Rows.End; slot++)
        {
            if (Rows[slot].Is(SlotStates.Used))
            {
                Compare(slot, kernel, tally);
            }
        }
        FindStale(kernel, tally);
        _searched.Clear();
        _searched.UnionWith(_plugins.Prunable);
        MustRead = false;
        Reads++;
        return true;
    }

    private void Compare(int slot, IReadOnlyDictionary<TKey, TRow> kernel, SyncTally tally)
    {
        if (!Rows.IsKnown(slot))
        {
            return;
        }
        ref var row = ref Rows[slot];
        var believed = row.Is(SlotStates.Present);
        var pending = row.Is(SlotStates.Dirty) || _failures.ContainsKey(slot);
        if (!kernel.TryGetValue(row.Row.Key, out var actual))
        {
            var wanted = IsWanted(slot);
            Lost += believed ? 1 : 0;
            Rows.SetAbsent(slot);
            if (wanted)
            {
                Mark(slot, believed && !pending, tally);
            }
            return;
        }
        var changed = believed && !Rows.Actual(slot).Equals(actual);
        var leftAlone = row.Is(SlotStates.Draining) && !changed;
        Rows.SetPresent(slot, actual);
        if (IsWanted(slot) ? !IsSatisfied(slot) : !leftAlone)
        {
            row.States &= ~SlotStates.Draining;
            Mark(slot, changed && !pending, tally);
        }
    }

    private void FindStale(IReadOnlyDictionary<TKey, TRow> kernel, SyncTally tally)
    {
        _foreign = 0;
        foreach (var (key, row) in kernel)
        {
            if (Rows.Find(key) is >= 0 and var known && Rows.IsKnown(known))
            {
                continue;
            }
            if (_rules.OwnerOf(row) is not { } plugin || _rules.IsShielded(row))
            {
                _foreign++;
            }
            else if (_plugins[plugin].MayPrune)
            {
                var isNew = _searched.Contains(plugin);
                Mark(Rows.Adopt(row, plugin, isInherited: !isNew), isNew, tally);
            }
        }
    }

    private void Mark(int slot, bool drifted, SyncTally tally)
    {
        ref var row = ref Rows[slot];
        if (drifted && Reads > 0 && !_plugins[row.Plugin].ObserveOnly)
        {
            _repairs++;
            tally.CountDrift(Name, _rules.KeyText(row.Row));
        }
        // A refused row keeps its own times.
        if (!_failures.ContainsKey(slot))
        {
            Rows.MarkDirty(slot);
        }
    }
}
