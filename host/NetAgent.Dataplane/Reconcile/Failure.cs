using NetAgent.Dataplane.Tables;
using NetAgent.Timing;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>A refusal and when it is tried again.</summary>
internal readonly record struct Failure(RowRefusal Refusal, int Attempts, DateTimeOffset Due)
{
    public Failure Again(RowRefusal refusal, BackOff backOff, DateTimeOffset now) =>
        new(refusal, Attempts + 1, now + (refusal.Cause?.RetryAfter ?? backOff.After(Attempts + 1)));
}
