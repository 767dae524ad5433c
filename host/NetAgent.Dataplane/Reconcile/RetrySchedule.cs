using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>When to try again: 1 s, doubling to 60 s, each spread by up to a fifth either way so that rows do not come back in one burst.</summary>
internal sealed class RetrySchedule(Func<double> jitter)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>The wait after so many failed attempts (1 and up). <c>jitter</c> gives 0 up to 1.</summary>
    public TimeSpan DelayAfter(int attempts)
    {
        var delay = attempts > 6 ? Longest : First * (1 << (attempts - 1));
        return (delay < Longest ? delay : Longest) * (0.8 + (0.4 * jitter()));
    }
}

/// <summary>A refusal and when it is tried again.</summary>
internal readonly record struct Failure(RowRefusal Refusal, int Attempts, DateTimeOffset Due)
{
    public Failure Again(RowRefusal refusal, RetrySchedule schedule, DateTimeOffset now) =>
        new(refusal, Attempts + 1, now + (refusal.Cause?.RetryAfter ?? schedule.DelayAfter(Attempts + 1)));
}
