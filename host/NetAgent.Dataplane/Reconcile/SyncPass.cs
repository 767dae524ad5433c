using NetAgent.Dataplane.Kinds;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>
/// One pass from wanted to actual. Writing goes from what packets meet last to what they meet first (rules and sets, virtual servers,
/// then the addresses that draw packets in), removal the other way round.
/// </summary>
internal sealed class SyncPass(TableSet tables, RetrySchedule schedule)
{
    private int _readAttempts;
    private DateTimeOffset? _readAgain;

    /// <summary>When the next sync is due by itself; null while nothing is.</summary>
    public DateTimeOffset? NextDue => tables.InOrderOfReading.Select(t => t.NextDue)
        .Append(tables.Drains.NextDue).Append(tables.Flows.NextDue).Append(_readAgain).Min();

    /// <summary>Whether all tables were read, in this or an earlier pass.</summary>
    public bool HasReadAll => tables.InOrderOfReading.All(t => !t.MustRead);

    /// <summary>
    /// Reads what must be read, everything (save one table), or what is on the agent's own links; failures leave a table as it is remembered.
    /// </summary>
    public void Read(bool everything, SyncTally tally, bool links = false, ITableReconciler? except = null)
    {
        var failed = false;
        // With a virtual server its real servers are gone.
        var lost = tables.VirtualServers.Lost;
        foreach (var table in tables.InOrderOfReading)
        {
            if ((everything && (table != except || tables.VirtualServers.Lost != lost)) || table.MustRead || (links && (table == tables.Links || table == tables.Addresses)))
            {
                failed |= !table.Read(tally);
            }
        }
        _readAttempts = failed ? _readAttempts + 1 : 0;
        _readAgain = failed ? tally.Now + schedule.DelayAfter(_readAttempts) : null;
    }

    public void Apply(SyncTally tally)
    {
        tables.Withheld.Survey();
        tables.Gate.Forget();
        foreach (var table in tables.InOrderOfWriting)
        {
            table.Sort(tally);
        }
        foreach (var table in tables.InOrderOfWriting)
        {
            table.ApplyWrites(tally);
        }
        foreach (var table in tables.InOrderOfRemoval)
        {
            table.ApplyRemovals(tally);
        }
        foreach (var table in tables.InOrderOfRemoval)
        {
            table.SettleRemovedWithParent(tally);
        }
        tables.Flows.Purge(tally);
    }

    public DataplanePlan Plan()
    {
        tables.Withheld.Survey();
        var changes = new List<PlannedChange>();
        var withheld = new List<PlannedChange>();
        foreach (var table in tables.InOrderOfWriting)
        {
            table.PlanWrites(changes);
        }
        foreach (var table in tables.InOrderOfRemoval)
        {
            table.PlanRemovals(changes, withheld);
        }
        return new(changes) { Withheld = withheld };
    }

    public List<FailedRow> Failures(ScopeBook scopes)
    {
        var failed = new List<FailedRow>();
        foreach (var table in tables.InOrderOfWriting)
        {
            table.ReportFailures(failed);
        }
        tables.Flows.ReportFailures(failed);
        foreach (var table in tables.InOrderOfWriting)
        {
            table.ReportConflicts(scopes, failed);
        }
        return failed;
    }
}
