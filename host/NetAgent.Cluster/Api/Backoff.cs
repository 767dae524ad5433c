namespace NetAgent.Cluster.Api;

/// <summary>Waits that double, with full jitter, so that the nodes of a large cluster do not come back all at once.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, Random random)
{
    // A server, or a proxy before it, that asks for an hour must not cut the node off for one.
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(1);

    private int _failures;

    /// <summary>Tries failed since the last success.</summary>
    public int Failures => _failures;

    public void Succeeded() => _failures = 0;

    /// <summary>How long to wait now. What the server asked for is kept, up to a minute, and spread by a tenth.</summary>
    public TimeSpan Failed(TimeSpan? retryAfter)
    {
        _failures++;
        if (retryAfter is { } asked)
        {
            return (asked < LongestAsked ? asked : LongestAsked) * (1 + (random.NextDouble() / 10));
        }
        var ceiling = Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(_failures - 1, 20)));
        return TimeSpan.FromSeconds(ceiling * random.NextDouble());
    }
}
