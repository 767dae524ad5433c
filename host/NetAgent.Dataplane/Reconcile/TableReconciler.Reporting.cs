using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Reconcile;

// What is told to people, and what ends with a plugin.
internal sealed partial class TableReconciler<TKey, TRow>
{
    public TableStatus Status => new(Name, Rows.Wanted, Rows.PresentCount, _foreign, _failures.Count, _repairs);

    public DateTimeOffset? NextDue
    {
        get
        {
            if (_outage is { } outage)
            {
                return outage.Due;
            }
            DateTimeOffset? next = null;
            foreach (var failure in _failures.Values)
            {
                if (next is null || failure.Due < next)
                {
                    next = failure.Due;
                }
            }
            return next;
        }
    }

    /// <summary>Whether the next sync has anything to look at here.</summary>
    public bool IsDue(DateTimeOffset now) => MustRead || Rows.IsDirty || NextDue <= now;

    public void PlanWrites(ICollection<PlannedChange> changes)
    {
        if (_rules.IsVirtual)
        {
            return;
        }
        for (var slot = 0; slot < Rows.End; slot++)
        {
            if (!Rows[slot].Is(SlotStates.Claimed) || !IsWanted(slot) || IsSatisfied(slot))
            {
                continue;
            }
            var target = _rules.Target(Rows[slot].Row);
            var isPresent = Rows[slot].Is(SlotStates.Present);
            changes.Add(new(
                _plugins[Rows[slot].Plugin].Name,
                Name,
                isPresent ? RowChangeKind.Replace : RowChangeKind.Add,
                _rules.KeyText(target),
                isPresent ? _rules.ValueText(Rows.Actual(slot)) : "",
                _rules.ValueText(target)));
        }
    }

    public void PlanRemovals(ICollection<PlannedChange> changes, ICollection<PlannedChange> withheld)
    {
        if (_rules.IsVirtual)
        {
            return;
        }
        for (var slot = 0; slot < Rows.End; slot++)
        {
            ref var row = ref Rows[slot];
            if (row.Is(SlotStates.Used | SlotStates.Present) && !row.Is(SlotStates.Draining) && !IsWanted(slot) && !_rules.IsShielded(row.Row))
            {
                var actual = Rows.Actual(slot);
                (IsWithheld(slot) ? withheld : changes).Add(new(
                    _plugins[row.Plugin].Name, Name, RowChangeKind.Remove, _rules.KeyText(actual), _rules.ValueText(actual), ""));
            }
        }
    }

    public int CountWithheld(List<string> first)
    {
        var count = 0;
        foreach (var slot in WithheldSlots)
        {
            count++;
            if (first.Count < WithheldRows.Named)
            {
                first.Add($"{Name}: {_rules.KeyText(Rows.Actual(slot))}");
            }
        }
        return count;
    }

    public void LookAtAll()
    {
        for (var slot = 0; slot < Rows.End; slot++)
        {
            if (Rows[slot].Is(SlotStates.Used) && !_failures.ContainsKey(slot))
            {
                Rows.MarkDirty(slot);
            }
        }
    }

    public void ReportFailures(ICollection<FailedRow> failed)
    {
        if (_outage is { } outage)
        {
            failed.Add(new("", Name, "*", outage.Refusal.Operation, outage.Refusal.Errno, outage.Refusal.Reason, outage.Attempts));
        }
        foreach (var (slot, (refusal, attempts, _)) in _failures)
        {
            ref var row = ref Rows[slot];
            failed.Add(new(
                _plugins[row.Plugin].Name, Name, _rules.KeyText(row.Row), refusal.Operation, refusal.Errno, refusal.Reason, attempts));
        }
        foreach (var (parent, (plugin, count)) in _waiting)
        {
            failed.Add(new(_plugins[plugin].Name, Name, parent, "waiting", 0, $"{count} {Name} wait for {parent}", 0));
        }
    }

    public void ReportConflicts(ScopeBook scopes, ICollection<FailedRow> failed)
    {
        foreach (var (slot, claims) in Rows.Shared)
        {
            var row = Rows[slot];
            foreach (var claim in claims.Where(claim => _rules.IsExclusive || claim.Plugin != row.Plugin || !claim.Row.Equals(row.Row)))
            {
                var loss = row.Row.Equals(claim.Row) && _rules.IsExclusive ? "; what it wants behind it stays out" : "";
                var reason = $"scope '{scopes[row.Holder].Name}' of plugin {_plugins[row.Plugin].Name} claimed it earlier"
                    + $" with [{_rules.ValueText(row.Row)}]; scope '{scopes[claim.Scope].Name}' wants [{_rules.ValueText(claim.Row)}]{loss}"
                    + " and gets it when that one leaves";
                failed.Add(new(_plugins[claim.Plugin].Name, Name, _rules.KeyText(claim.Row), "conflict", 0, reason, 0));
            }
        }
    }

    public bool HasRowsOf(ushort plugin)
    {
        for (var slot = 0; slot < Rows.End; slot++)
        {
            if (Rows[slot].Is(SlotStates.Used | SlotStates.Present) && Rows[slot].Plugin == plugin)
            {
                return true;
            }
        }
        return false;
    }

    public bool HasUnwanted(ushort plugin)
    {
        for (var slot = 0; slot < Rows.End; slot++)
        {
            ref var row = ref Rows[slot];
            if (row.Is(SlotStates.Used | SlotStates.Present) && row.Plugin == plugin && !IsWanted(slot) && !_rules.IsShielded(row.Row))
            {
                return true;
            }
        }
        return false;
    }

    public void RemoveScope(Scope scope, bool forget) => Rows.RemoveScope(scope.Id, ref scope.Rows<TRow>(), forget);

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
}
