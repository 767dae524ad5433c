using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>One step of a batch and the row's place.</summary>
internal readonly record struct Step<TRow>(int Slot, RowChange<TRow> Change);

/// <summary>How rows leave, where that is more than removing them.</summary>
internal interface IRemovalPolicy<TRow>
{
    /// <summary>Adds the steps for rows that nobody wants any more, and for those that are on their way out already.</summary>
    void Plan(IReadOnlyList<int> slots, List<Step<TRow>> steps, SyncTally tally);
}
