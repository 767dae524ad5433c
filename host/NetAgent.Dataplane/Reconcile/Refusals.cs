using NetAgent.Dataplane.Tables;
using NetAgent.Timing;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>What the kernel refused of a table, row by row or all at once, and when it is tried again.</summary>
internal sealed class Refusals(BackOff backOff)
{
    private readonly Dictionary<int, Failure> _rows = [];
    private Failure? _outage;
    private Failure? _lastOutage;

    /// <summary>Rows refused.</summary>
    public int Count => _rows.Count;

    /// <summary>By slot.</summary>
    public IReadOnlyDictionary<int, Failure> Rows => _rows;

    /// <summary>The failure of a batch as a whole, until the table is tried again.</summary>
    public Failure? Outage => _outage;

    /// <summary>When something is to be tried again; null when nothing is.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            if (_outage is { } outage)
            {
                return outage.Due;
            }
            DateTimeOffset? next = null;
            foreach (var failure in _rows.Values)
            {
                if (next is null || failure.Due < next)
                {
                    next = failure.Due;
                }
            }
            return next;
        }
    }

    /// <summary>The table as a whole waits; ends an outage whose time has come.</summary>
    public bool IsOut(DateTimeOffset now)
    {
        if (_outage is { } outage && outage.Due > now)
        {
            return true;
        }
        _outage = null;
        return false;
    }

    public int[] Due(DateTimeOffset now) =>
        _rows.Count == 0 ? [] : [.. _rows.Where(row => row.Value.Due <= now).Select(row => row.Key)];

    public bool Has(int slot) => _rows.ContainsKey(slot);

    public void Add(int slot, RowRefusal refusal, DateTimeOffset now) =>
        _rows[slot] = _rows.GetValueOrDefault(slot).Again(refusal, backOff, now);

    /// <summary>How many rows were to be written when the table as a whole failed.</summary>
    public int RowsOut { get; private set; }

    public void AddOutage(RowRefusal refusal, int rows, DateTimeOffset now)
    {
        _outage = _lastOutage = (_lastOutage ?? default).Again(refusal, backOff, now);
        RowsOut = rows;
    }

    public void EndOutage() => _lastOutage = null;

    public void Forget(int slot) => _rows.Remove(slot);
}
