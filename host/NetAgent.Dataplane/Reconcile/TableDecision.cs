using NetAgent.Contracts;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>Decides what is to be done about a table. Plan prints the steps and apply takes them; no other place decides.</summary>
internal sealed class TableDecision<TKey, TRow>(
    RowTable<TKey, TRow> rows, RowKind<TKey, TRow> kind, RowStanding<TKey, TRow> standing, Refusals refusals)
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    private readonly List<int> _observed = [];
    private readonly HashSet<int> _switchedOff = [];

    /// <summary>Rows that somebody wants and that cannot work on the node now, as of the last decision about each.</summary>
    public IReadOnlySet<int> SwitchedOff => _switchedOff;

    /// <summary>A slot is given up.</summary>
    public void Forget(int slot) => _switchedOff.Remove(slot);

    /// <summary>Takes the rows that are to be looked at.</summary>
    public (List<Step> Writes, List<Step> Removals) Decide(SyncTally tally)
    {
        _observed.Clear();
        if (refusals.IsOut(tally.Now))
        {
            return ([], []);
        }
        var chosen = new Choice();
        foreach (var slot in rows.TakeDirty().Concat(refusals.Due(tally.Now)))
        {
            if (!rows[slot].Is(SlotStates.Used) || rows.Release(slot))
            {
                continue;
            }
            if (standing.IsObserved(slot))
            {
                _observed.Add(slot);
                refusals.Forget(slot);
            }
            else if (!Choose(slot, chosen))
            {
                refusals.Forget(slot);
            }
        }
        var steps = Steps(chosen, tally);
        kind.Removal?.DecideDue(steps.Removals, tally);
        return steps;
    }

    /// <summary>Decides on the rows of observing plugins, which the last decision left out.</summary>
    public (List<Step> Writes, List<Step> Removals) DecideObserved(SyncTally tally)
    {
        var chosen = new Choice();
        _observed.ForEach(slot => Choose(slot, chosen));
        return _observed.Count == 0 ? ([], []) : Steps(chosen, tally);
    }

    private void NoteSwitch(int slot)
    {
        if (standing.IsSwitchedOff(slot))
        {
            _switchedOff.Add(slot);
        }
        else
        {
            _switchedOff.Remove(slot);
        }
    }

    private bool Choose(int slot, Choice chosen)
    {
        ref var row = ref rows[slot];
        NoteSwitch(slot);
        if (row.Is(SlotStates.Planned))
        {
            return true;
        }
        var list = standing.IsWanted(slot)
            ? standing.IsSatisfied(slot) ? null : chosen.Writes
            : !row.Is(SlotStates.Present) ? null
            : kind.IsShielded(row.Row) ? chosen.Shielded
            : row.Is(SlotStates.Draining) ? null
            : standing.IsWithheld(slot) ? chosen.Withheld
            : chosen.Leaving;
        if (list is null)
        {
            return false;
        }
        list.Add(slot);
        row.States |= SlotStates.Planned;
        return list != chosen.Shielded && list != chosen.Withheld;
    }

    private (List<Step> Writes, List<Step> Removals) Steps(Choice chosen, SyncTally tally)
    {
        var writes = new List<Step>(chosen.Writes.Count);
        foreach (var slot in kind.IsOrdered ? chosen.Writes.OrderBy(slot => kind.Order(rows[slot].Row)) : chosen.Writes.AsEnumerable())
        {
            ref var row = ref rows[slot];
            var waitsFor = standing.WaitsFor(slot);
            if (waitsFor is not null)
            {
                row.States &= ~SlotStates.Planned;
            }
            writes.Add(new(slot, row.Is(SlotStates.Present) ? StepKind.Replace : StepKind.Add, waitsFor));
        }
        var removals = new List<Step>(chosen.Leaving.Count);
        removals.AddRange(chosen.Shielded.Select(slot => new Step(slot, StepKind.Shield)));
        removals.AddRange(chosen.Withheld.Select(slot => new Step(slot, StepKind.Withhold)));
        var alone = new List<int>();
        foreach (var slot in chosen.Leaving)
        {
            if (kind.IsRemovedWithParent(rows[slot].Row))
            {
                removals.Add(new(slot, StepKind.RemoveWithParent));
            }
            else
            {
                alone.Add(slot);
            }
        }
        if (kind.Removal is { } policy)
        {
            policy.Decide(alone, removals, tally);
        }
        else
        {
            removals.AddRange((kind.IsOrdered ? alone.AsEnumerable().Reverse() : alone).Select(slot => new Step(slot, StepKind.Remove)));
        }
        return (writes, removals);
    }

    private sealed class Choice
    {
        public List<int> Writes { get; } = [];

        public List<int> Leaving { get; } = [];

        public List<int> Shielded { get; } = [];

        public List<int> Withheld { get; } = [];
    }
}
