using NetAgent.Contracts;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>How a table's rows stand: whether they are wanted, are as wanted, can go in, are to go. Answers and changes nothing.</summary>
internal sealed class RowStanding<TKey, TRow>(
    RowTable<TKey, TRow> rows, RowKind<TKey, TRow> kind, IKernelTable<TKey, TRow> kernel, PluginRegistry plugins)
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    /// <summary>Wanted by a claim that counts.</summary>
    public bool IsWanted(int slot)
    {
        ref var row = ref rows[slot];
        if (!row.Is(SlotStates.Claimed) || IsSwitchedOff(slot))
        {
            return false;
        }
        return !kind.IsSuppressed(row.Holder, row.Row)
            || (row.Is(SlotStates.Shared) && rows.Claims.Shared[slot].Exists(claim => !kind.IsSuppressed(claim.Scope, claim.Row)));
    }

    /// <summary>Somebody wants it and it cannot work on the node now.</summary>
    public bool IsSwitchedOff(int slot) => rows[slot].Is(SlotStates.Claimed) && kind.IsSwitchedOff(rows[slot].Plugin, rows[slot].Row);

    /// <summary>The kernel has what is wanted, or the plugin is not sure of its wishes and the kernel has any value.</summary>
    public bool IsSatisfied(int slot) =>
        rows[slot].Is(SlotStates.Present) && (plugins.IsUnsure(rows[slot].Plugin) || Fits(slot, rows.Actual(slot)));

    /// <summary>The kernel was made to have this object as wanted, and this is not what it has now.</summary>
    public bool HasDrifted(int slot, TRow actual) => rows[slot].Is(SlotStates.Claimed | SlotStates.Present)
        && !IsObserved(slot) && IsWanted(slot) && IsSatisfied(slot) && !Fits(slot, actual);

    /// <summary>Somebody wants this object, the kernel does not have it, and no step is about to add it.</summary>
    public bool IsMissing(TKey key) => rows.Find(key) is >= 0 and var slot
        && IsWanted(slot) && (rows[slot].States & (SlotStates.Present | SlotStates.Planned)) == 0;

    /// <summary>The kernel has this object, nobody wants it and it will be removed.</summary>
    public bool IsLeaving(TKey key) => rows.Find(key) is >= 0 and var slot && IsUnwanted(slot) && !IsObserved(slot) && !IsWithheld(slot);

    /// <summary>Somebody wants this object.</summary>
    public bool IsClaimed(TKey key) => rows.Find(key) is >= 0 and var slot && rows[slot].Is(SlotStates.Claimed);

    /// <summary>Nobody wants this object and it stays.</summary>
    public bool IsWithheld(TKey key) => rows.Find(key) is >= 0 and var slot && IsWithheld(slot);

    /// <summary>Nobody wants this row and it stays, because what could not be read may own it.</summary>
    public bool IsWithheld(int slot)
    {
        ref var row = ref rows[slot];
        return row.Is(SlotStates.Present) && !row.Is(SlotStates.Claimed) && !plugins[row.Plugin].IsLeaving
            && (kind.IsWithheld(rows.Actual(slot), rows.IsInherited(slot)) || (rows.IsInherited(slot) && plugins.IsUnsure(row.Plugin)));
    }

    /// <summary>Rows of an earlier run that nobody wants and that stay.</summary>
    public IEnumerable<int> Withheld => rows.Inherited.Where(IsWithheld);

    /// <summary>The kernel has it, nobody wants it, and it may be removed.</summary>
    public bool IsUnwanted(int slot) =>
        rows[slot].Is(SlotStates.Used | SlotStates.Present) && !IsWanted(slot) && !kind.IsShielded(rows[slot].Row);

    /// <summary>Its plugin may not write.</summary>
    public bool IsObserved(int slot) => plugins[rows[slot].Plugin].ObserveOnly;

    /// <summary>What keeps a wanted row from being written; null when nothing does.</summary>
    public string? WaitsFor(int slot)
    {
        ref var row = ref rows[slot];
        var target = kind.Target(row.Row);
        return (row.Is(SlotStates.Present) ? null : kind.HeldBackBy(row.Plugin, target)) ?? kind.WaitsFor(target);
    }

    /// <summary>The key of a row that the plugin wants, the kernel does not have as wanted, and no step is about to write.</summary>
    public string? FirstUnwritten(ushort plugin, Func<TRow, bool> matches)
    {
        for (var slot = 0; slot < rows.End; slot++)
        {
            ref var row = ref rows[slot];
            if (row.Is(SlotStates.Claimed) && !row.Is(SlotStates.Planned) && row.Plugin == plugin && matches(row.Row)
                && IsWanted(slot) && !IsSatisfied(slot))
            {
                return kind.KeyText(row.Row);
            }
        }
        return null;
    }

    private bool Fits(int slot, TRow actual)
    {
        var wanted = kind.Target(rows[slot].Row);
        return kind.Satisfies(actual, wanted) || (kernel is IRowMeaning<TRow> meaning && meaning.Satisfies(actual, wanted));
    }
}
