namespace NetAgent.Dataplane;

/// <summary>One thing of which many rows can fail at once. It is known by the kind of error, never by its words.</summary>
/// <param name="Key">The same for all that fail of it.</param>
/// <param name="Text">What it is and what helps.</param>
public sealed record FailureCause(string Key, string Text)
{
    /// <summary>How soon trying again makes sense, however often it failed; null for longer and longer waits.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
