using NetAgent.Contracts;

namespace NetAgent.Host.Loop;

/// <summary>
/// How soon to look at connection tracking again: often while the table fills, so that a plugin can act before it is full.
/// </summary>
internal static class ConntrackPace
{
    public static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(250);

    /// <summary>A table that would be full within this time at its present rise is filling.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    /// <summary>The pause after a sample.</summary>
    /// <param name="before">The sample before; null when there was none.</param>
    /// <param name="now">The sample.</param>
    /// <param name="passed">Between the two.</param>
    /// <param name="standard">The pause while nothing presses.</param>
    public static TimeSpan Next(ConntrackFacts? before, ConntrackFacts? now, TimeSpan passed, TimeSpan standard)
    {
        if (before is null || now is null || now.Max <= 0 || passed <= TimeSpan.Zero || standard <= Fast)
        {
            return standard;
        }
        var rise = (now.Count - before.Count) / passed.TotalSeconds;
        return rise > 0 && (now.Max - now.Count) / rise < Soon.TotalSeconds ? Fast : standard;
    }
}
