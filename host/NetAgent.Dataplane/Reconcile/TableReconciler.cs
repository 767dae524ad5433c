using NetAgent.Contracts;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>Makes the kernel's rows of one kind the wanted ones, touching only what differs.</summary>
internal sealed partial class TableReconciler<TKey, TRow> : ITableReconciler
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    private readonly IKernelTable<TKey, TRow> _kernel;
    private readonly TableRules<TKey, TRow> _rules;
    private readonly PluginRegistry _plugins;
    private readonly RetrySchedule _schedule;
    private readonly Dictionary<int, Failure> _failures = [];
    private readonly Dictionary<string, (ushort Plugin, int Count)> _waiting = [];
    private readonly List<int> _writes = [];
    private readonly List<int> _removals = [];
    private readonly List<int> _removedWithParent = [];
    private Failure? _outage;
    private Failure? _lastOutage;

    public TableReconciler(
        IKernelTable<TKey, TRow> kernel, RowTable<TKey, TRow> rows, TableRules<TKey, TRow> rules, PluginRegistry plugins, RetrySchedule schedule)
    {
        (_kernel, Rows, _rules, _plugins, _schedule) = (kernel, rows, rules, plugins, schedule);
        Rows.Freed = slot => _failures.Remove(slot);
    }

    public RowTable<TKey, TRow> Rows { get; }

    public IRemovalPolicy<TRow>? RemovalPolicy { get; set; }

    /// <summary>Called after the kernel took a change.</summary>
    public Action<RowChangeKind, TRow>? Written { get; set; }

    public string Name => _kernel.Name;

    /// <summary>Wanted by a claim that counts.</summary>
    public bool IsWanted(int slot)
    {
        ref var row = ref Rows[slot];
        if (!row.Is(SlotStates.Claimed) || _rules.IsSuppressed is null)
        {
            return row.Is(SlotStates.Claimed);
        }
        if (!_rules.IsSuppressed(row.Holder, row.Row))
        {
            return true;
        }
        return row.Is(SlotStates.Shared) && Rows.Shared[slot].Exists(claim => !_rules.IsSuppressed(claim.Scope, claim.Row));
    }

    /// <summary>The kernel was made to have this object as wanted, and this is not what it has now.</summary>
    public bool HasDrifted(int slot, TRow actual) => Rows[slot].Is(SlotStates.Claimed | SlotStates.Present)
        && !_plugins[Rows[slot].Plugin].ObserveOnly && IsWanted(slot) && IsSatisfied(slot) && !Fits(slot, actual);

    /// <summary>Somebody wants this object and the kernel does not have it.</summary>
    public bool IsMissing(TKey key) =>
        Rows.Find(key) is >= 0 and var slot && IsWanted(slot) && !Rows[slot].Is(SlotStates.Present);

    /// <summary>The kernel has this object, nobody wants it and it will be removed.</summary>
    public bool IsLeaving(TKey key) => Rows.Find(key) is >= 0 and var slot && Rows[slot].Is(SlotStates.Present) && !IsWanted(slot)
        && !_plugins[Rows[slot].Plugin].ObserveOnly && !_rules.IsShielded(Rows[slot].Row) && !IsWithheld(slot);

    /// <summary>Somebody wants this object.</summary>
    public bool IsClaimed(TKey key) => Rows.Find(key) is >= 0 and var slot && Rows[slot].Is(SlotStates.Claimed);

    /// <summary>Nobody wants this object and it stays.</summary>
    public bool IsWithheld(TKey key) => Rows.Find(key) is >= 0 and var slot && IsWithheld(slot);

    /// <summary>Rows of an earlier run that nobody wants and that stay.</summary>
    public IEnumerable<int> WithheldSlots => Rows.Inherited.Where(IsWithheld);

    /// <summary>The key of a row that the plugin wants and the kernel does not have as wanted.</summary>
    public string? FirstUnwritten(ushort plugin, Func<TRow, bool> matches)
    {
        for (var slot = 0; slot < Rows.End; slot++)
        {
            ref var row = ref Rows[slot];
            if (row.Is(SlotStates.Claimed) && row.Plugin == plugin && matches(row.Row) && IsWanted(slot) && !IsSatisfied(slot))
            {
                return _rules.KeyText(row.Row);
            }
        }
        return null;
    }

    public void Sort(SyncTally tally)
    {
        _writes.Clear();
        _removals.Clear();
        _removedWithParent.Clear();
        _waiting.Clear();
        if (_outage is { } outage && outage.Due > tally.Now)
        {
            return;
        }
        _outage = null;
        foreach (var slot in Rows.TakeDirty())
        {
            Classify(slot);
        }
        if (_failures.Count > 0)
        {
            foreach (var slot in _failures.Where(f => f.Value.Due <= tally.Now).Select(f => f.Key).ToArray())
            {
                Classify(slot);
            }
        }
        if (_rules.Order is { } order)
        {
            var sorted = _writes.OrderBy(slot => order(Rows[slot].Row)).ToArray();
            _writes.Clear();
            _writes.AddRange(sorted);
        }
    }

    private void Classify(int slot)
    {
        if (!Rows[slot].Is(SlotStates.Used) || Rows.Release(slot))
        {
            return;
        }
        ref var row = ref Rows[slot];
        if (_plugins[row.Plugin].ObserveOnly)
        {
            _failures.Remove(slot);
            return;
        }
        if (IsWanted(slot))
        {
            if (!IsSatisfied(slot))
            {
                _writes.Add(slot);
                return;
            }
        }
        else if (row.Is(SlotStates.Present))
        {
            if (_rules.IsShielded(row.Row))
            {
                Rows.SetAbsent(slot);
            }
            else if (!row.Is(SlotStates.Draining) && !IsWithheld(slot))
            {
                _removals.Add(slot);
                return;
            }
        }
        _failures.Remove(slot);
    }

    private bool IsWithheld(int slot)
    {
        ref var row = ref Rows[slot];
        return row.Is(SlotStates.Present) && !row.Is(SlotStates.Claimed) && !_plugins[row.Plugin].IsLeaving
            && (_rules.IsWithheld(Rows.Actual(slot), Rows.IsInherited(slot)) || (Rows.IsInherited(slot) && _plugins.IsUnsure(row.Plugin)));
    }

    private bool IsSatisfied(int slot)
    {
        ref var row = ref Rows[slot];
        if (!row.Is(SlotStates.Present))
        {
            return false;
        }
        return _plugins.IsUnsure(row.Plugin) || Fits(slot, Rows.Actual(slot));
    }

    private bool Fits(int slot, TRow actual)
    {
        var wanted = _rules.Target(Rows[slot].Row);
        return wanted.Equals(actual)
            || _rules.Satisfies(wanted, actual)
            || (_kernel is IRowMeaning<TRow> meaning && meaning.Satisfies(actual, wanted));
    }
}
