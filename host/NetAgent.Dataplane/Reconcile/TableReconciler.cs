using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;
using NetAgent.Timing;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>Makes the kernel's rows of one kind the wanted ones, touching only what differs.</summary>
internal sealed class TableReconciler<TKey, TRow> : ITableReconciler
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    private readonly RowKind<TKey, TRow> _kind;
    private readonly int _place;
    private readonly Refusals _refusals;
    private readonly TableReading<TKey, TRow> _reading;
    private readonly TableDecision<TKey, TRow> _decision;
    private readonly TableWriting<TKey, TRow> _writing;
    private readonly TableReport<TKey, TRow> _report;

    /// <param name="kind">What is particular about the rows.</param>
    /// <param name="place">The kind's place in the registry.</param>
    /// <param name="kernel">How they are read and written.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="plugins">Whose they are.</param>
    /// <param name="backOff">When what was refused is tried again.</param>
    public TableReconciler(
        RowKind<TKey, TRow> kind, int place, IKernelTable<TKey, TRow> kernel, RowTable<TKey, TRow> rows, PluginRegistry plugins,
        BackOff backOff)
    {
        (_kind, _place, Name, Rows) = (kind, place, kernel.Name, rows);
        _refusals = new(backOff);
        Standing = new(rows, kind, kernel, plugins);
        _reading = new(rows, kind, kernel, plugins, Standing, _refusals);
        _decision = new(rows, kind, Standing, _refusals);
        Rows.Freed = slot =>
        {
            _refusals.Forget(slot);
            _decision.Forget(slot);
        };
        _writing = new(rows, kind, kernel, Standing, _reading, _refusals);
        _report = new(Name, rows, kind, plugins, Standing, _writing, _refusals);
    }

    public string Name { get; }

    public RowTable<TKey, TRow> Rows { get; }

    public RowStanding<TKey, TRow> Standing { get; }

    /// <summary>Called after the kernel took a change.</summary>
    public Action<RowChangeKind, TRow>? Written
    {
        get => _writing.Written;
        set => _writing.Written = value;
    }

    public bool MustRead => _reading.MustRead;

    /// <inheritdoc cref="TableReading{TKey,TRow}.Reads"/>
    public int Reads => _reading.Reads;

    /// <inheritdoc cref="TableReading{TKey,TRow}.Lost"/>
    public int Lost => _reading.Lost;

    public TableStatus Status => new(
        Name, Rows.Claims.Count - _decision.SwitchedOff.Count, Rows.PresentCount, _reading.Foreign, _refusals.Count, _reading.Repairs)
    {
        SwitchedOff = _decision.SwitchedOff.Count,
    };

    public DateTimeOffset? NextDue => _refusals.NextDue;

    /// <summary>Whether the next sync has anything to look at here.</summary>
    public bool IsDue(DateTimeOffset now) => MustRead || Rows.IsDirty || NextDue <= now;

    /// <summary>What is remembered of the kernel may be wrong: read it first.</summary>
    public void RequireRead() => _reading.MustRead = true;

    public bool Read(SyncTally tally) => _reading.Read(tally);

    public TableSteps Decide(SyncTally tally) => Steps(_decision.Decide(tally));

    public TableSteps DecideObserved(SyncTally tally) => Steps(_decision.DecideObserved(tally));

    public void Return(TableSteps steps)
    {
        foreach (var step in steps.Writes.Concat(steps.Removals))
        {
            Rows[step.Slot].States &= ~SlotStates.Planned;
            // Draining rows are looked at by the clock.
            if (!Rows[step.Slot].Is(SlotStates.Draining))
            {
                Rows.MarkDirty(step.Slot);
            }
        }
    }

    public void Write(IReadOnlyList<Step> writes, SyncTally tally) => _writing.Write(writes, tally);

    public void Remove(IReadOnlyList<Step> removals, SyncTally tally) => _writing.Remove(removals, tally);

    public void SettleRemovedWithParent(SyncTally tally) => _writing.SettleRemovedWithParent(tally);

    public IEnumerable<PlannedChange> Describe(IReadOnlyList<Step> steps, bool isObserved) => _report.Describe(steps, isObserved);

    public int CountWithheld(List<string> first) => _report.CountWithheld(first);

    /// <summary>Has every row decided anew but those that the kernel refused.</summary>
    public void LookAtAll()
    {
        for (var slot = 0; slot < Rows.End; slot++)
        {
            if (Rows[slot].Is(SlotStates.Used) && !_refusals.Has(slot))
            {
                Rows.MarkDirty(slot);
            }
        }
    }

    public IEnumerable<ushort> PluginsSwitchedOff => _decision.SwitchedOff.Select(slot => Rows[slot].Plugin).Distinct();

    public void LookAtSwitchedOff()
    {
        for (var slot = 0; slot < Rows.End; slot++)
        {
            if (Rows[slot].Is(SlotStates.Used) && Standing.IsSwitchedOff(slot) != _decision.SwitchedOff.Contains(slot))
            {
                Rows.MarkDirty(slot);
            }
        }
    }

    public void ReportFailures(ICollection<FailedRow> failed) => _report.ReportFailures(failed);

    public void ReportConflicts(ScopeBook scopes, ICollection<FailedRow> failed) => _report.ReportConflicts(scopes, failed);

    public bool HasRowsOf(ushort plugin) => Any(slot => Rows[slot].Is(SlotStates.Used | SlotStates.Present) && Rows[slot].Plugin == plugin);

    public bool HasUnwanted(ushort plugin) => Any(slot => Rows[slot].Plugin == plugin && Standing.IsUnwanted(slot));

    public void Forget(ushort plugin)
    {
        for (var slot = 0; slot < Rows.End; slot++)
        {
            ref var row = ref Rows[slot];
            if (row.Is(SlotStates.Used | SlotStates.Present) && !row.Is(SlotStates.Claimed) && row.Plugin == plugin)
            {
                Rows.SetAbsent(slot);
            }
        }
    }

    public (string Row, string Claim)? FindUncovered(ClaimChecks claims, RowSet rows) => _kind.Claim.FindUncovered(claims, rows);

    public void ReplaceScope(Scope scope, PluginEntry plugin, RowSet rows, ICollection<Notice> duplicates) => scope.SetRows(
        _place,
        Rows.Claims.ReplaceScope(scope.Id, plugin.Id, rows.Of<TRow>(), scope.Rows(_place), (first, second) => duplicates.Add(new(
            Severity.Error,
            "DuplicateRow",
            $"scope '{scope.Name}' of plugin {plugin.Name} gives {Name} {first.Key} twice with different values; the first holds"))));

    public void RemoveScope(Scope scope, bool forget)
    {
        // Nobody but the host serves what is not the kernel's: it cannot stay without it.
        Rows.Claims.RemoveScope(scope.Id, scope.Rows(_place), forget && !_kind.IsVirtual);
        scope.SetRows(_place, []);
    }

    private bool Any(Func<int, bool> fits)
    {
        for (var slot = 0; slot < Rows.End; slot++)
        {
            if (fits(slot))
            {
                return true;
            }
        }
        return false;
    }

    private TableSteps Steps((List<Step> Writes, List<Step> Removals) decided) => new(this, decided.Writes, decided.Removals);
}
