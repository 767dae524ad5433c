using NetAgent.Dataplane.Rows;
using NetAgent.Timing;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>
/// One pass from wanted to actual: it reads, decides, and either tells or takes what was decided. Writing goes from what packets meet last
/// to what they meet first (rules and sets, virtual servers, then the addresses that draw packets in), removal the other way round.
/// </summary>
/// <param name="writing">All tables in order of writing.</param>
/// <param name="reading">All tables in order of reading.</param>
/// <param name="policies">Rules over several of them.</param>
/// <param name="backOff">When what could not be read is tried again.</param>
internal sealed class SyncPass(
    IReadOnlyList<ITableReconciler> writing, IReadOnlyList<ITableReconciler> reading, IReadOnlyList<IPassPolicy> policies,
    BackOff backOff)
{
    private int _readAttempts;
    private DateTimeOffset? _readAgain;

    /// <summary>When the next sync is due by itself; null while nothing is.</summary>
    public DateTimeOffset? NextDue =>
        writing.Select(table => table.NextDue).Concat(policies.Select(policy => policy.NextDue)).Append(_readAgain).Min();

    /// <summary>Whether all tables were read, in this or an earlier pass.</summary>
    public bool HasReadAll => writing.All(table => !table.MustRead);

    /// <summary>Reads what must be read and what is asked for; failures leave a table as it is remembered.</summary>
    public void Read(Func<ITableReconciler, bool> isAsked, SyncTally tally)
    {
        var failed = false;
        foreach (var table in reading)
        {
            if (isAsked(table) || table.MustRead)
            {
                failed |= !table.Read(tally);
            }
        }
        _readAttempts = failed ? _readAttempts + 1 : 0;
        _readAgain = failed ? tally.Now + backOff.After(_readAttempts) : null;
    }

    public void Apply(SyncTally tally)
    {
        var decided = Decide(tally);
        Begin();
        foreach (var (table, writes, _) in decided)
        {
            table.Write(writes, tally);
        }
        foreach (var (table, _, removals) in decided.Reverse())
        {
            table.Remove(removals, tally);
        }
        foreach (var (table, _, _) in decided.Reverse())
        {
            table.SettleRemovedWithParent(tally);
        }
        foreach (var policy in policies)
        {
            policy.End(tally);
        }
    }

    /// <summary>The steps that <see cref="Apply"/> would take, in its order; then those of plugins that only observe.</summary>
    public DataplanePlan Plan(SyncTally tally)
    {
        var decided = Decide(tally);
        TableSteps[] observed = [.. writing.Select(table => table.DecideObserved(tally))];
        PlannedChange[] plan = [.. Describe(decided, isObserved: false), .. Describe(observed, isObserved: true)];
        foreach (var steps in decided.Concat(observed))
        {
            steps.Table.Return(steps);
        }
        return new([.. plan.Where(change => change.Course != PlannedCourse.Withheld)])
        {
            Withheld = [.. plan.Where(change => change.Course == PlannedCourse.Withheld)],
        };
    }

    public List<FailedRow> Failures(ScopeBook scopes)
    {
        var failed = new List<FailedRow>();
        foreach (var table in writing)
        {
            table.ReportFailures(failed);
        }
        foreach (var policy in policies)
        {
            policy.ReportFailures(failed);
        }
        foreach (var table in writing)
        {
            table.ReportConflicts(scopes, failed);
        }
        return failed;
    }

    private IReadOnlyList<TableSteps> Decide(SyncTally tally)
    {
        foreach (var policy in policies)
        {
            policy.Survey();
        }
        Begin();
        return [.. writing.Select(table => table.Decide(tally))];
    }

    private static IEnumerable<PlannedChange> Describe(IReadOnlyList<TableSteps> decided, bool isObserved) =>
        decided.SelectMany(steps => steps.Table.Describe(steps.Writes, isObserved))
            .Concat(decided.Reverse().SelectMany(steps => steps.Table.Describe(steps.Removals, isObserved)));

    private void Begin()
    {
        foreach (var policy in policies)
        {
            policy.Begin();
        }
    }
}
