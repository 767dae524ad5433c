using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>Takes the steps that were decided, in batches; what the kernel refuses is tried again later.</summary>
internal sealed class TableWriting<TKey, TRow>(
    RowTable<TKey, TRow> rows, RowKind<TKey, TRow> kind, IKernelTable<TKey, TRow> kernel,
    RowStanding<TKey, TRow> standing, TableReading<TKey, TRow> reading, Refusals refusals)
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    // Bounds the memory of a cold start with a million rows.
    private const int BatchSize = 8192;

    private readonly Dictionary<string, (ushort Plugin, int Count)> _waiting = [];
    private readonly List<int> _withParent = [];

    /// <summary>Called after the kernel took a change.</summary>
    public Action<RowChangeKind, TRow>? Written { get; set; }

    /// <summary>What rows wait for, with one of their plugins and how many they are.</summary>
    public IReadOnlyDictionary<string, (ushort Plugin, int Count)> Waiting => _waiting;

    public void Write(IReadOnlyList<Step> steps, SyncTally tally)
    {
        _waiting.Clear();
        if (IsPostponed(steps, tally))
        {
            return;
        }
        var ready = new List<Step>(steps.Count);
        foreach (var step in steps)
        {
            ref var row = ref rows[step.Slot];
            row.States &= ~SlotStates.Planned;
            // The kernel may have refused what must be there first.
            if ((step.WaitsFor ?? standing.WaitsFor(step.Slot)) is { } parent)
            {
                _waiting[parent] = (row.Plugin, _waiting.GetValueOrDefault(parent).Count + 1);
                rows.MarkDirty(step.Slot);
                refusals.Forget(step.Slot);
            }
            else
            {
                ready.Add(step);
            }
        }
        Execute(ready, tally);
    }

    public void Remove(IReadOnlyList<Step> steps, SyncTally tally)
    {
        if (IsPostponed(steps, tally))
        {
            return;
        }
        kind.Removal?.Begin(steps, tally);
        var ready = new List<Step>(steps.Count);
        foreach (var step in steps)
        {
            rows[step.Slot].States &= ~SlotStates.Planned;
            switch (step.Kind)
            {
                case StepKind.Shield:
                    rows.SetAbsent(step.Slot);
                    break;
                case StepKind.Withhold:
                    break;
                case StepKind.RemoveWithParent:
                    _withParent.Add(step.Slot);
                    break;
                case StepKind.AwaitDrain:
                    rows[step.Slot].States |= SlotStates.Draining;
                    refusals.Forget(step.Slot);
                    break;
                default:
                    ready.Add(step);
                    break;
            }
        }
        Execute(ready, tally);
    }

    public void SettleRemovedWithParent(SyncTally tally)
    {
        foreach (var slot in _withParent)
        {
            refusals.Forget(slot);
            if (kind.IsRemovedWithParent(rows[slot].Row))
            {
                // Its parent could not be removed: look at it again with the parent.
                rows.MarkDirty(slot);
                continue;
            }
            var gone = rows.Actual(slot);
            rows.SetAbsent(slot);
            tally.Count(RowChangeKind.Remove);
            Tell(RowChangeKind.Remove, gone);
        }
        _withParent.Clear();
    }

    /// <summary>What a step asks of the kernel.</summary>
    public RowChange<TRow> ChangeOf(Step step)
    {
        var actual = rows[step.Slot].Is(SlotStates.Present) ? rows.Actual(step.Slot) : default;
        return step.Kind switch
        {
            StepKind.Add => new(RowChangeKind.Add, kind.Target(rows[step.Slot].Row), default),
            StepKind.Replace => new(RowChangeKind.Replace, kind.Target(rows[step.Slot].Row), actual),
            StepKind.Drain => new(RowChangeKind.Replace, kind.Removal!.Drained(actual), actual),
            _ => new(RowChangeKind.Remove, actual, actual),
        };
    }

    private void Execute(List<Step> steps, SyncTally tally)
    {
        for (var start = 0; start < steps.Count; start += BatchSize)
        {
            var batch = steps.GetRange(start, Math.Min(BatchSize, steps.Count - start));
            var changes = batch.ConvertAll(ChangeOf);
            var refused = new List<RowRefusal>();
            try
            {
                kernel.Apply(changes, refused);
                refusals.EndOutage();
            }
            catch (KernelException e)
            {
                // The kernel may have done any part of the batch: ENOBUFS comes after the work.
                refusals.AddOutage(new(-1, e.Operation, e.Errno, e.Message) { Cause = e.Cause }, steps.Count - start, tally.Now);
                reading.MustRead = true;
                steps[start..].ForEach(step => rows.MarkDirty(step.Slot));
                return;
            }
            Settle(batch, changes, refused, tally);
        }
    }

    private void Settle(List<Step> batch, List<RowChange<TRow>> changes, List<RowRefusal> refused, SyncTally tally)
    {
        var places = new HashSet<int>(refused.Count);
        foreach (var refusal in refused)
        {
            if (places.Add(refusal.Index))
            {
                refusals.Add(batch[refusal.Index].Slot, refusal, tally.Now);
                // An edit of an object that is gone is refused for ever, so the table is read.
                reading.MustRead |= changes[refusal.Index].Kind == RowChangeKind.Replace;
            }
        }
        for (var i = 0; i < batch.Count; i++)
        {
            if (!places.Contains(i))
            {
                Settle(batch[i].Slot, changes[i], tally);
            }
        }
    }

    private void Settle(int slot, RowChange<TRow> change, SyncTally tally)
    {
        refusals.Forget(slot);
        if (!kind.IsVirtual)
        {
            tally.Count(change.Kind);
        }
        if (change.Kind == RowChangeKind.Remove)
        {
            rows.SetAbsent(slot);
        }
        else
        {
            rows.SetPresent(slot, change.Row);
            var states = rows[slot].States;
            rows[slot].States = standing.IsWanted(slot) ? states & ~SlotStates.Draining : states | SlotStates.Draining;
        }
        Tell(change.Kind, change.Row);
    }

    private void Tell(RowChangeKind change, TRow row)
    {
        kind.Written(change, row);
        Written?.Invoke(change, row);
    }

    private bool IsPostponed(IReadOnlyList<Step> steps, SyncTally tally)
    {
        if (!tally.Cancellation.IsCancellationRequested)
        {
            return false;
        }
        foreach (var step in steps)
        {
            rows[step.Slot].States &= ~SlotStates.Planned;
            rows.MarkDirty(step.Slot);
        }
        return true;
    }
}
