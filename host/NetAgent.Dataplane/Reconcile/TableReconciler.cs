using NetAgent.Contracts;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>Makes the kernel's rows of one kind the wanted ones, touching only what differs.</summary>
internal sealed partial class TableReconciler<TKey, TRow> : ITableReconciler
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    // Bounds the memory of a cold start with a million rows.
    private const int BatchSize = 8192;

    private readonly IKernelTable<TKey, TRow> _kernel;
    private readonly TableRules<TKey, TRow> _rules;
    private readonly PluginRegistry _plugins;
    private readonly RetrySchedule _schedule;
    private readonly Dictionary<int, Failure> _failures = [];
    private readonly Dictionary<string, (ushort Plugin, int Count)> _waiting = [];
    private readonly List<int> _writes = [];
    private readonly List<int> _removals = [];
    private readonly List<int> _riders = [];
    private Failure? _outage;
    private Failure? _lastOutage;

    public TableReconciler(
        IKernelTable<TKey, TRow> kernel, RowTable<TKey, TRow> rows, TableRules<TKey, TRow> rules, PluginRegistry plugins, RetrySchedule schedule)
    {
        (_kernel, Rows, _rules, _plugins, _schedule) = (kernel, rows, rules, plugins, schedule);
        Rows.Freed = slot => _failures.Remove(slot);
    }

    public RowTable<TKey, TRow> Rows { get; }

    public IDeparture<TRow>? Departure { get; set; }

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

    /// <summary>Somebody wants this object and the kernel does not have it.</summary>
    public bool IsMissing(TKey key) =>
        Rows.Find(key) is >= 0 and var slot && IsWanted(slot) && !Rows[slot].Is(SlotStates.Present);

    /// <summary>The kernel has this object, nobody wants it and it will be removed.</summary>
    public bool IsLeaving(TKey key) => Rows.Find(key) is >= 0 and var slot && Rows[slot].Is(SlotStates.Present) && !IsWanted(slot)
        && !_plugins[Rows[slot].Plugin].ObserveOnly && !_rules.IsShielded(Rows[slot].Row);

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
        _riders.Clear();
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

    public void ApplyWrites(SyncTally tally)
    {
        if (_writes.Count == 0 || Postpone(_writes, tally))
        {
            return;
        }
        var steps = new List<Step<TRow>>(_writes.Count);
        foreach (var slot in _writes)
        {
            ref var row = ref Rows[slot];
            if (!row.Is(SlotStates.Used))
            {
                continue;
            }
            var target = _rules.Target(row.Row);
            var hold = row.Is(SlotStates.Present) ? null : _rules.IsHeldBack(row.Plugin, target);
            if ((hold ?? _rules.WaitsFor(target)) is { } parent)
            {
                _waiting[parent] = (row.Plugin, _waiting.GetValueOrDefault(parent).Count + 1);
                Rows.MarkDirty(slot);
                _failures.Remove(slot);
                continue;
            }
            steps.Add(new(slot, row.Is(SlotStates.Present)
                ? new(RowChangeKind.Replace, target, Rows.Actual(slot))
                : new(RowChangeKind.Add, target, default)));
        }
        Execute(steps, tally);
    }

    public void ApplyRemovals(SyncTally tally)
    {
        if (Postpone(_removals, tally))
        {
            return;
        }
        var steps = new List<Step<TRow>>();
        var leaving = new List<int>(_removals.Count);
        foreach (var slot in _removals)
        {
            (_rules.Rides(Rows[slot].Row) ? _riders : leaving).Add(slot);
        }
        if (Departure is not null)
        {
            Departure.Plan(leaving, steps, tally);
        }
        else
        {
            foreach (var slot in leaving)
            {
                steps.Add(new(slot, new(RowChangeKind.Remove, Rows.Actual(slot), Rows.Actual(slot))));
            }
            if (_rules.Order is not null)
            {
                steps.Reverse();
            }
        }
        Execute(steps, tally);
    }

    public void SettleRiders(SyncTally tally)
    {
        foreach (var slot in _riders)
        {
            _failures.Remove(slot);
            if (_rules.Rides(Rows[slot].Row))
            {
                // Its parent could not be removed: look at it again with the parent.
                Rows.MarkDirty(slot);
                continue;
            }
            var gone = Rows.Actual(slot);
            Rows.SetAbsent(slot);
            tally.Count(RowChangeKind.Remove);
            Written?.Invoke(RowChangeKind.Remove, gone);
        }
        _riders.Clear();
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
            else if (!row.Is(SlotStates.Draining))
            {
                _removals.Add(slot);
                return;
            }
        }
        _failures.Remove(slot);
    }

    private void Execute(List<Step<TRow>> steps, SyncTally tally)
    {
        for (var start = 0; start < steps.Count; start += BatchSize)
        {
            var batch = steps.GetRange(start, Math.Min(BatchSize, steps.Count - start));
            var refusals = new List<RowRefusal>();
            try
            {
                _kernel.Apply(batch.ConvertAll(step => step.Change), refusals);
                _lastOutage = null;
            }
            catch (KernelException e)
            {
                // What the kernel did of the batch is unknown: ENOBUFS comes after the work.
                _outage = _lastOutage = (_lastOutage ?? default).Again(new(-1, e.Operation, e.Errno, e.Message), _schedule, tally.Now);
                MustRead = true;
                steps[start..].ForEach(step => Rows.MarkDirty(step.Slot));
                return;
            }
            Settle(batch, refusals, tally);
        }
    }

    private void Settle(List<Step<TRow>> batch, List<RowRefusal> refusals, SyncTally tally)
    {
        var refused = new HashSet<int>(refusals.Count);
        foreach (var refusal in refusals)
        {
            if (refused.Add(refusal.Index))
            {
                var slot = batch[refusal.Index].Slot;
                _failures[slot] = _failures.GetValueOrDefault(slot).Again(refusal, _schedule, tally.Now);
                // Editing what is not there any more is refused for ever; only the kernel knows.
                MustRead |= batch[refusal.Index].Change.Kind == RowChangeKind.Replace;
            }
        }
        for (var i = 0; i < batch.Count; i++)
        {
            if (!refused.Contains(i))
            {
                Settle(batch[i], tally);
            }
        }
    }

    private void Settle(Step<TRow> step, SyncTally tally)
    {
        var (slot, change) = step;
        _failures.Remove(slot);
        if (!_rules.IsVirtual)
        {
            tally.Count(change.Kind);
        }
        if (change.Kind == RowChangeKind.Remove)
        {
            Rows.SetAbsent(slot);
            Written?.Invoke(change.Kind, change.Row);
            return;
        }
        Rows.SetPresent(slot, change.Row);
        if (IsWanted(slot))
        {
            Rows[slot].States &= ~SlotStates.Draining;
        }
        else
        {
            Rows[slot].States |= SlotStates.Draining;
        }
        Written?.Invoke(change.Kind, change.Row);
    }

    private bool IsSatisfied(int slot)
    {
        ref var row = ref Rows[slot];
        if (!row.Is(SlotStates.Present))
        {
            return false;
        }
        var wanted = _rules.Target(row.Row);
        var actual = Rows.Actual(slot);
        return wanted.Equals(actual)
            || _rules.Satisfies(wanted, actual)
            || (_kernel is IRowMeaning<TRow> meaning && meaning.Satisfies(actual, wanted));
    }

    private bool Postpone(List<int> slots, SyncTally tally)
    {
        if (!tally.Cancellation.IsCancellationRequested)
        {
            return false;
        }
        slots.ForEach(Rows.MarkDirty);
        slots.Clear();
        return true;
    }
}
