namespace NetAgent.Dataplane;

/// <summary>One line of a plan.</summary>
/// <param name="Plugin">Whose row.</param>
/// <param name="Table">Kind of kernel object.</param>
/// <param name="Kind">Add, replace, remove.</param>
/// <param name="Key">The kernel object.</param>
/// <param name="Before">Its value now; empty for Add.</param>
/// <param name="After">Its value then; empty for Remove.</param>
public sealed record PlannedChange(string Plugin, string Table, RowChangeKind Kind, string Key, string Before, string After)
{
    /// <summary>Whether and how the next sync makes the change.</summary>
    public PlannedCourse Course { get; init; }

    /// <summary>What must be there first; empty unless <see cref="PlannedCourse.Waiting"/>.</summary>
    public string WaitsFor { get; init; } = "";
}

/// <summary>Whether and how a planned change is made.</summary>
public enum PlannedCourse
{
    /// <summary>The next sync writes it.</summary>
    Written,

    /// <summary>The next sync writes it: a row that goes later, when its connections have ended.</summary>
    Draining,

    /// <summary>The kernel makes it by itself when the next sync removes what the row hangs on.</summary>
    WithParent,

    /// <summary>Not by the next sync: something must be there first.</summary>
    Waiting,

    /// <summary>Not as long as the plugin only observes.</summary>
    Observed,

    /// <summary>Not as long as what could not be read may own the row.</summary>
    Withheld,
}

/// <summary>The steps that a sync takes, in the order in which it takes them, then those of plugins that only observe.</summary>
public sealed record DataplanePlan(IReadOnlyList<PlannedChange> Changes)
{
    /// <summary>Removals that wait, because what could not be read may own the rows.</summary>
    public IReadOnlyList<PlannedChange> Withheld { get; init; } = [];
}
