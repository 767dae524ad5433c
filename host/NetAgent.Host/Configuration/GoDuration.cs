using System.Buffers;
using System.Globalization;

namespace NetAgent.Host.Configuration;

/// <summary>Durations as Kubernetes writes them: <c>1h30m</c>, <c>250ms</c>, <c>0</c> (Go's time.ParseDuration, without a sign).</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    private static readonly (string Unit, double Ticks)[] Units =
    [
        ("ns", 0.01), ("us", 10), ("µs", 10), ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour),
    ];

    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        if (text is "0")
        {
            return true;
        }
        if (text.IsEmpty)
        {
            return false;
        }
        var ticks = 0.0;
        while (!text.IsEmpty)
        {
            var number = text.IndexOfAnyExcept(Digits);
            if (number <= 0
                || !double.TryParse(text[..number], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            {
                return false;
            }
            text = text[number..];
            var length = text.IndexOfAny(Digits);
            var unit = length < 0 ? text : text[..length];
            if (!TryUnit(unit, out var factor))
            {
                return false;
            }
            ticks += value * factor;
            text = text[unit.Length..];
        }
        if (ticks > TimeSpan.MaxValue.Ticks / 2.0)
        {
            return false;
        }
        duration = TimeSpan.FromTicks((long)Math.Round(ticks));
        return true;
    }

    /// <summary>As a person would write it: the largest units first, none that is zero.</summary>
    public static string ToText(TimeSpan duration)
    {
        if (duration < TimeSpan.FromSeconds(1))
        {
            return duration == TimeSpan.Zero ? "0s" : string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.###}ms");
        }
        var hours = (long)duration.TotalHours;
        var seconds = duration.TotalSeconds % 60;
        return string.Concat(
            hours > 0 ? $"{hours}h" : "",
            duration.Minutes > 0 ? $"{duration.Minutes}m" : "",
            seconds > 0 ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.###}s") : "");
    }

    private static bool TryUnit(ReadOnlySpan<char> text, out double ticks)
    {
        foreach (var (unit, factor) in Units)
        {
            if (text.SequenceEqual(unit))
            {
                ticks = factor;
                return true;
            }
        }
        ticks = 0;
        return false;
    }
}
