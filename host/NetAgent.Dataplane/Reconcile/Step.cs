
namespace NetAgent.Dataplane.Reconcile;

/// <summary>What is to become of a row.</summary>
internal enum StepKind : byte
{
    /// <summary>The kernel has no such object.</summary>
    Add,

    /// <summary>It has one with another value.</summary>
    Replace,

    /// <summary>It has one that nobody wants.</summary>
    Remove,

    /// <summary>It has one that nobody wants and that is in use: it takes nothing new and goes later.</summary>
    Drain,

    /// <summary>It takes nothing new already: nothing is written, and it goes later.</summary>
    AwaitDrain,

    /// <summary>The kernel takes it along with its parent: nothing is written.</summary>
    RemoveWithParent,

    /// <summary>Nobody wants it and it must stay: it is forgotten, and nothing is written.</summary>
    Shield,

    /// <summary>Nobody wants it, as far as could be read: nothing is written.</summary>
    Withhold,
}

/// <summary>A decision about one row. What is written for it stands in the row's slot.</summary>
/// <param name="Slot">The row's place in its table.</param>
/// <param name="Kind">What is to become of it.</param>
/// <param name="WaitsFor">What must be there first, so that it is not written now; null when nothing.</param>
internal readonly record struct Step(int Slot, StepKind Kind, string? WaitsFor = null);

/// <summary>All that is decided about one table, for the two halves of a pass.</summary>
internal sealed record TableSteps(ITableReconciler Table, IReadOnlyList<Step> Writes, IReadOnlyList<Step> Removals);

/// <summary>How rows leave, where that is more than removing them.</summary>
internal interface IRemovalPolicy<TRow>
{
    /// <summary>Adds the steps for rows that nobody wants any more. Changes nothing.</summary>
    void Decide(IReadOnlyList<int> leaving, ICollection<Step> steps, SyncTally tally);

    /// <summary>Adds the steps for rows that are on their way out already. Changes nothing.</summary>
    void DecideDue(ICollection<Step> steps, SyncTally tally);

    /// <summary>These steps are about to be taken.</summary>
    void Begin(IReadOnlyList<Step> steps, SyncTally tally);

    /// <summary>The row as it is while it drains.</summary>
    TRow Drained(TRow row);
}
