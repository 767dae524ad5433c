using NetAgent.Timing;

namespace NetAgent.Cluster.Api;

/// <summary>
/// When a server that failed is asked again, with full jitter, so that the nodes of a large cluster do not come back all at once.
/// </summary>
internal sealed class ServerPace(TimeSpan first, TimeSpan longest, Random random)
{
    // A server, or a proxy before it, that asks for an hour must not cut the node off for one.
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(1);

    private readonly BackOff _backOff = new(first, longest, random.NextDouble);

    /// <summary>Tries failed since the last success.</summary>
    public int Failures { get; private set; }

    public void Succeeded() => Failures = 0;

    /// <summary>How long to wait now. What the server asked for is kept, up to a minute, and spread by a tenth.</summary>
    public TimeSpan Failed(TimeSpan? retryAfter)
    {
        Failures++;
        return retryAfter is { } asked
            ? (asked < LongestAsked ? asked : LongestAsked) * (1 + (random.NextDouble() / 10))
            : _backOff.After(Failures);
    }
}
