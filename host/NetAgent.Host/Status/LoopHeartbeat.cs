namespace NetAgent.Host.Status;

/// <summary>
/// Whether the loop goes on, by a clock that nobody sets. Nothing else counts here: /livez restarts the agent, which mends a loop that
/// hangs and makes everything else worse. Written by the loop, read by servers on any thread.
/// </summary>
internal sealed class LoopHeartbeat(TimeProvider time)
{
    /// <summary>How late the loop may be: far more than the longest round of an honest cluster takes.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private long _expected = time.GetTimestamp();

    /// <summary>The loop is here, and will be again within this time.</summary>
    public void Beat(TimeSpan within) =>
        Interlocked.Exchange(ref _expected, time.GetTimestamp() + (long)(within.TotalSeconds * time.TimestampFrequency));

    /// <summary>How late it is; zero or less while it may still come.</summary>
    public TimeSpan Late => time.GetElapsedTime(Interlocked.Read(ref _expected), time.GetTimestamp());

    public bool IsAlive => Late < Limit;
}
