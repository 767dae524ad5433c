using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>One kind of kernel object, seen by the sync.</summary>
internal interface ITableReconciler
{
    string Name { get; }

    /// <summary>The kernel must be read before what is remembered of it can be trusted again.</summary>
    bool MustRead { get; }

    /// <summary>Reads the kernel, compares, and marks what to put right. False when the read failed.</summary>
    bool Read(SyncTally tally);

    /// <summary>Decides what to write and what to remove now.</summary>
    void Sort(SyncTally tally);

    void ApplyWrites(SyncTally tally);

    void ApplyRemovals(SyncTally tally);

    /// <summary>Takes note of rows that went with another table's.</summary>
    void SettleRemovedWithParent(SyncTally tally);

    void PlanWrites(ICollection<PlannedChange> changes);

    /// <summary>What would be removed, and what would be but for what could not be read.</summary>
    void PlanRemovals(ICollection<PlannedChange> changes, ICollection<PlannedChange> withheld);

    /// <summary>Rows that nobody wants and that stay for what could not be read; adds the names of the first.</summary>
    int CountWithheld(List<string> first);

    void ReportFailures(ICollection<FailedRow> failed);

    /// <summary>Claims that lost to an older one of the same key.</summary>
    void ReportConflicts(ScopeBook scopes, ICollection<FailedRow> failed);

    TableStatus Status { get; }

    /// <summary>When something is due to be tried again; null when nothing is.</summary>
    DateTimeOffset? NextDue { get; }

    /// <summary>True when a row of this plugin is in the kernel or about to be.</summary>
    bool HasRowsOf(ushort plugin);

    /// <summary>True when the kernel has a row of this plugin that nobody wants and that is to go.</summary>
    bool HasUnwanted(ushort plugin);

    void RemoveScope(Scope scope, bool forget);

    /// <summary>Drops what is remembered of a plugin's unwanted rows without touching the kernel.</summary>
    void Forget(ushort plugin);
}
