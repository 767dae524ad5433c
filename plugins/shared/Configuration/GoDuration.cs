using System.Buffers;
using System.Globalization;

namespace NetAgent.Plugins.Shared.Configuration;

/// <summary>Durations as Go's time.ParseDuration reads them: <c>60s</c>, <c>1m30s</c>, <c>1.5h</c>, <c>-1h</c>.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create(".0123456789");

    private const ulong Limit = 1UL << 63;

    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        var negative = text.StartsWith("-");
        var rest = negative || text.StartsWith("+") ? text[1..] : text;
        if (rest is "0")
        {
            return true;
        }
        if (rest.IsEmpty)
        {
            return false;
        }
        ulong total = 0;
        while (!rest.IsEmpty)
        {
            if (!TryReadTerm(ref rest, out var nanoseconds) || (total += nanoseconds) > Limit)
            {
                return false;
            }
        }
        if (!negative && total == Limit)
        {
            return false;
        }
        var ticks = (long)(total / 100);
        duration = TimeSpan.FromTicks(negative ? -ticks : ticks);
        return true;
    }

    /// <summary>As a person would write it: the largest units first, none that is zero.</summary>
    public static string ToText(TimeSpan duration)
    {
        if (duration < TimeSpan.Zero)
        {
            return "-" + ToText(-duration);
        }
        if (duration < TimeSpan.FromSeconds(1))
        {
            return duration.Ticks switch
            {
                0 => "0s",
                < TimeSpan.TicksPerMicrosecond => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalNanoseconds}ns"),
                < TimeSpan.TicksPerMillisecond => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMicroseconds}us"),
                _ => string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / (decimal)TimeSpan.TicksPerMillisecond:0.####}ms"),
            };
        }
        var hours = (long)duration.TotalHours;
        var ticks = duration.Ticks % TimeSpan.TicksPerMinute;
        return string.Concat(
            hours > 0 ? $"{hours}h" : "",
            duration.Minutes > 0 ? $"{duration.Minutes}m" : "",
            ticks > 0 ? string.Create(CultureInfo.InvariantCulture, $"{ticks / (decimal)TimeSpan.TicksPerSecond:0.#######}s") : "");
    }

    private static bool TryReadTerm(ref ReadOnlySpan<char> text, out ulong nanoseconds)
    {
        nanoseconds = 0;
        var whole = DigitCount(text);
        if (!TryReadWhole(text[..whole], out var value))
        {
            return false;
        }
        text = text[whole..];
        double fraction = 0, scale = 1;
        if (text.StartsWith("."))
        {
            var digits = DigitCount(text[1..]);
            if (whole == 0 && digits == 0)
            {
                return false;
            }
            foreach (var digit in text.Slice(1, Math.Min(digits, 18)))
            {
                fraction = (fraction * 10) + (digit - '0');
                scale *= 10;
            }
            text = text[(digits + 1)..];
        }
        else if (whole == 0)
        {
            return false;
        }
        var end = text.IndexOfAny(NumberCharacters);
        var unit = NanosecondsOf(end < 0 ? text : text[..end]);
        text = end < 0 ? [] : text[end..];
        if (unit == 0 || value > Limit / unit)
        {
            return false;
        }
        nanoseconds = (value * unit) + (ulong)(fraction * (unit / scale));
        return nanoseconds <= Limit;
    }

    private static bool TryReadWhole(ReadOnlySpan<char> digits, out ulong value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            if (value > Limit / 10)
            {
                return false;
            }
            value = (value * 10) + (ulong)(digit - '0');
        }
        return value <= Limit;
    }

    private static int DigitCount(ReadOnlySpan<char> text)
    {
        var count = text.IndexOfAnyExceptInRange('0', '9');
        return count < 0 ? text.Length : count;
    }

    private static ulong NanosecondsOf(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 1,
        "us" or "\u00b5s" or "\u03bcs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => 0,
    };
}
