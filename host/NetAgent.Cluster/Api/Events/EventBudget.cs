namespace NetAgent.Cluster.Api.Events;

/// <summary>How many events may still go out: a burst, then one every so often, as client-go's recorder allows one source (25, then one in 5 minutes).</summary>
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
