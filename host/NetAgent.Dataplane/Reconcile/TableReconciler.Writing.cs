using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Reconcile;

// What was sorted goes to the kernel, in batches; what it refuses is tried again later.
internal sealed partial class TableReconciler<TKey, TRow>
{
    // Bounds the memory of a cold start with a million rows.
    private const int BatchSize = 8192;

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
            (_rules.RemovedWithParent(Rows[slot].Row) ? _removedWithParent : leaving).Add(slot);
        }
        if (RemovalPolicy is not null)
        {
            RemovalPolicy.Plan(leaving, steps, tally);
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

    public void SettleRemovedWithParent(SyncTally tally)
    {
        foreach (var slot in _removedWithParent)
        {
            _failures.Remove(slot);
            if (_rules.RemovedWithParent(Rows[slot].Row))
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
        _removedWithParent.Clear();
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
