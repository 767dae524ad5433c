namespace NetAgent.Host.Timing;

/// <summary>A clock that nobody sets: what is due by it is due in time, also where the time of day is set back by an hour.</summary>
internal static class SteadyClock
{
    /// <summary>Now. No time of day: of use only against other readings of it.</summary>
    public static DateTimeOffset GetSteadyNow(this TimeProvider time) => DateTimeOffset.UnixEpoch + time.GetElapsedTime(0);
}
