using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>What people are told of a table.</summary>
internal sealed class TableReport<TKey, TRow>(
    string name, RowTable<TKey, TRow> rows, RowKind<TKey, TRow> kind, PluginRegistry plugins,
    RowStanding<TKey, TRow> standing, TableWriting<TKey, TRow> writing, Refusals refusals)
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    public IEnumerable<PlannedChange> Describe(IReadOnlyList<Step> steps, bool isObserved)
    {
        foreach (var step in steps)
        {
            if (kind.IsVirtual || step.Kind is StepKind.AwaitDrain or StepKind.Shield)
            {
                continue;
            }
            var change = writing.ChangeOf(step);
            yield return new(
                plugins[rows[step.Slot].Plugin].Name,
                name,
                change.Kind,
                kind.KeyText(change.Row),
                change.Kind == RowChangeKind.Add ? "" : kind.ValueText(change.Before),
                change.Kind == RowChangeKind.Remove ? "" : kind.ValueText(change.Row))
            {
                Course = step.WaitsFor is not null ? PlannedCourse.Waiting
                    : step.Kind == StepKind.Withhold ? PlannedCourse.Withheld
                    : isObserved ? PlannedCourse.Observed
                    : step.Kind == StepKind.RemoveWithParent ? PlannedCourse.WithParent
                    : step.Kind == StepKind.Drain ? PlannedCourse.Draining
                    : PlannedCourse.Written,
                WaitsFor = step.WaitsFor ?? "",
            };
        }
    }

    public int CountWithheld(List<string> first)
    {
        var count = 0;
        foreach (var slot in standing.Withheld)
        {
            count++;
            if (first.Count < WithheldRows.Named)
            {
                first.Add($"{name}: {kind.KeyText(rows.Actual(slot))}");
            }
        }
        return count;
    }

    public void ReportFailures(ICollection<FailedRow> failed)
    {
        if (refusals.Outage is { } outage)
        {
            failed.Add(Row("", FailedRow.WholeTable, outage) with { Rows = refusals.RowsOut });
        }
        foreach (var (slot, failure) in refusals.Rows)
        {
            failed.Add(Row(plugins[rows[slot].Plugin].Name, kind.KeyText(rows[slot].Row), failure));
        }
        foreach (var (parent, (plugin, count)) in writing.Waiting)
        {
            failed.Add(new(plugins[plugin].Name, name, parent, "waiting", 0, $"{count} {name} wait for {parent}", 0)
            {
                Kind = FailureKind.Waiting,
                Rows = count,
            });
        }
    }

    private FailedRow Row(string plugin, string key, Failure failure) =>
        new(plugin, name, key, failure.Refusal.Operation, failure.Refusal.Errno, failure.Refusal.Reason, failure.Attempts)
        {
            Cause = failure.Refusal.Cause ?? KnownCauses.Of(failure.Refusal.Errno),
        };

    public void ReportConflicts(ScopeBook scopes, ICollection<FailedRow> failed)
    {
        foreach (var (slot, claims) in rows.Claims.Shared)
        {
            var row = rows[slot];
            foreach (var claim in claims.Where(claim => kind.IsExclusive || claim.Plugin != row.Plugin || !claim.Row.Equals(row.Row)))
            {
                var loss = row.Row.Equals(claim.Row) && kind.IsExclusive ? "; what it wants behind it stays out" : "";
                var reason = $"scope '{scopes[row.Holder].Name}' of plugin {plugins[row.Plugin].Name} claimed it earlier"
                    + $" with [{kind.ValueText(row.Row)}]; scope '{scopes[claim.Scope].Name}' wants [{kind.ValueText(claim.Row)}]{loss}"
                    + " and gets it when that one leaves";
                failed.Add(new(plugins[claim.Plugin].Name, name, kind.KeyText(claim.Row), "conflict", 0, reason, 0)
                {
                    Kind = FailureKind.Conflict,
                });
            }
        }
    }
}
