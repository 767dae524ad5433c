using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>One kind of kernel object, seen by the sync.</summary>
internal interface ITableReconciler : IRowStore
{
    string Name { get; }

    /// <summary>The kernel must be read before what is remembered of it can be trusted again.</summary>
    bool MustRead { get; }

    /// <summary>Reads the kernel, compares, and marks what to put right. False when the read failed.</summary>
    bool Read(SyncTally tally);

    /// <summary>What is to be done about this table, were all that is decided about tables before it done.</summary>
    TableSteps Decide(SyncTally tally);

    /// <summary>The same for rows of plugins that only observe: what would be done if they were written too.</summary>
    TableSteps DecideObserved(SyncTally tally);

    /// <summary>Takes back a decision that is not carried out: its rows are decided anew the next time.</summary>
    void Return(TableSteps steps);

    void Write(IReadOnlyList<Step> writes, SyncTally tally);

    void Remove(IReadOnlyList<Step> removals, SyncTally tally);

    /// <summary>Takes note of rows that went with another table's.</summary>
    void SettleRemovedWithParent(SyncTally tally);

    /// <summary>The steps that people are told of.</summary>
    IEnumerable<PlannedChange> Describe(IReadOnlyList<Step> steps, bool isObserved);

    /// <summary>Rows that nobody wants and that stay for what could not be read; adds the names of the first.</summary>
    int CountWithheld(List<string> first);

    /// <summary>Whose rows cannot work on the node now.</summary>
    IEnumerable<ushort> PluginsSwitchedOff { get; }

    /// <summary>Has the rows decided anew that came to be switched off, or no longer are.</summary>
    void LookAtSwitchedOff();

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

    /// <summary>Forgets a plugin's unwanted rows and leaves them in the kernel.</summary>
    void Forget(ushort plugin);
}

/// <summary>A rule over several tables that takes part in each pass.</summary>
internal interface IPassPolicy
{
    /// <summary>When a pass is due for its sake; null when it is not.</summary>
    DateTimeOffset? NextDue => null;

    /// <summary>The kernel was read and nothing is decided yet.</summary>
    void Survey()
    {
    }

    /// <summary>A pass decides, or begins to write what it decided: answers given before do not hold.</summary>
    void Begin()
    {
    }

    /// <summary>All was written and removed.</summary>
    void End(SyncTally tally)
    {
    }

    void ReportFailures(ICollection<FailedRow> failed)
    {
    }
}
