namespace NetAgent.Cluster.Api.Events;

/// <summary>How many events may still go out: a burst, then one every so often.</summary>
internal sealed class EventBudget(int burst, TimeSpan refill, TimeProvider time)
{
    private double _left = burst;
    private long _countedAt = time.GetTimestamp();

    public bool TryTake()
    {
        var now = time.GetTimestamp();
        _left = Math.Min(burst, _left + (time.GetElapsedTime(_countedAt, now) / refill));
        _countedAt = now;
        if (_left < 1)
        {
            return false;
        }
        _left--;
        return true;
    }

    /// <summary>What was taken came to nothing.</summary>
    public void GiveBack() => _left = Math.Min(burst, _left + 1);
}

/// <summary>
/// A budget for each reason, so that one that storms does not use up what another needs (client-go has 25, then one in five minutes, for
/// each object; all of ours are about one Node), and one for all of them together.
/// </summary>
internal sealed class EventBudgets(TimeProvider time)
{
    // Plugins choose their reasons; more than so many share what is left.
    private const int MostReasons = 50;

    private static readonly TimeSpan Refill = TimeSpan.FromMinutes(5);

    private readonly EventBudget _all = new(100, TimeSpan.FromMinutes(1), time);
    private readonly Dictionary<string, EventBudget> _byReason = new(StringComparer.Ordinal);

    public bool TryTake(string reason)
    {
        var budget = For(reason);
        if (!budget.TryTake())
        {
            return false;
        }
        if (_all.TryTake())
        {
            return true;
        }
        budget.GiveBack();
        return false;
    }

    public void GiveBack(string reason)
    {
        For(reason).GiveBack();
        _all.GiveBack();
    }

    private EventBudget For(string reason)
    {
        var key = _byReason.ContainsKey(reason) || _byReason.Count < MostReasons ? reason : "";
        if (!_byReason.TryGetValue(key, out var budget))
        {
            _byReason[key] = budget = new(25, Refill, time);
        }
        return budget;
    }
}
