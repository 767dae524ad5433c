namespace NetAgent.Cluster;

/// <summary>Takes what an operator must see, as events on this Node: <c>kubectl describe node</c> shows them.</summary>
public interface IEventSink
{
    /// <summary>
    /// Hands an event over; never waits and never throws. The same one again within a while only counts up, and many of a reason become
    /// one.
    /// </summary>
    /// <param name="isWarning">Warning rather than Normal.</param>
    /// <param name="reason">CamelCase word: <c>ConfigurationRefused</c>.</param>
    /// <param name="message">What, which, why and what to do; up to 1 KiB, the rest is cut.</param>
    void Post(bool isWarning, string reason, string message);

    /// <summary>Events lost since start: too many of a reason, or the API server was unwell for too long.</summary>
    long Dropped { get; }

    /// <summary>Events that the API server would not take, since start: most often for want of rights.</summary>
    long Refused { get; }

    /// <summary>Events written since start, repeats included.</summary>
    long Written { get; }
}
