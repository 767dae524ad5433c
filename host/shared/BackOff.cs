namespace NetAgent.Timing;

/// <summary>
/// Waits after failures in a row: each twice as long as the one before, up to the longest. Compiled into every project of the host, as they
/// know no common one.
/// </summary>
/// <param name="first">After one failure.</param>
/// <param name="longest">After however many.</param>
/// <param name="random">From 0 up to 1; null for waits that are not spread.</param>
/// <param name="least">The least share of the wait that is waited, so that many do not come back at once.</param>
/// <param name="most">The largest share.</param>
internal sealed class BackOff(TimeSpan first, TimeSpan longest, Func<double>? random = null, double least = 0, double most = 1)
{
    public TimeSpan After(int failures)
    {
        var seconds = Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Clamp(failures - 1, 0, 30)));
        return TimeSpan.FromSeconds(random is null ? seconds : seconds * (least + ((most - least) * random())));
    }
}
