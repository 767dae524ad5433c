using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Host.Status;

/// <summary>How long something took, for people: three digits, and whole seconds beyond a minute.</summary>
internal static class Took
{
    private const long Digits = 1000;

    public static string Text(TimeSpan duration)
    {
        var unit = 1L;
        while (duration.Ticks / unit >= Digits && unit < TimeSpan.TicksPerSecond / 10)
        {
            unit *= 10;
        }
        unit = duration >= TimeSpan.FromMinutes(1) ? TimeSpan.TicksPerSecond : unit;
        return GoDuration.ToText(TimeSpan.FromTicks((duration.Ticks + (unit / 2)) / unit * unit));
    }
}
