using System.Buffers;
using System.Globalization;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>Durations as Go's time.ParseDuration takes them: <c>30s</c>, <c>1h30m</c>, <c>-1.5h</c>, <c>0</c>.</summary>
internal static class GoDuration
{
    // Longest first, so that "ms" is not read as minutes.
    private static readonly (string Unit, decimal Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000),
        ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ];

    private const decimal NanosecondsPerTick = 100;
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var rest = text.AsSpan();
        var isNegative = rest.StartsWith("-");
        if (isNegative || rest.StartsWith("+"))
        {
            rest = rest[1..];
        }
        if (rest is "0")
        {
            return true;
        }
        if (rest.IsEmpty)
        {
            return false;
        }
        decimal nanoseconds = 0;
        while (!rest.IsEmpty)
        {
            if (!TryTake(ref rest, ref nanoseconds))
            {
                return false;
            }
        }
        duration = TimeSpan.FromTicks((long)(nanoseconds / NanosecondsPerTick) * (isNegative ? -1 : 1));
        return true;
    }

    private static bool TryTake(ref ReadOnlySpan<char> rest, ref decimal nanoseconds)
    {
        var digits = rest.IndexOfAnyExcept(NumberCharacters);
        if (digits <= 0 || digits > 20 || rest[..digits] is "."
            || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }
        rest = rest[digits..];
        foreach (var (unit, size) in Units)
        {
            // "m" must not eat the head of "ms", which the order above has tried already.
            if (rest.StartsWith(unit, StringComparison.Ordinal) && (rest.Length == unit.Length || char.IsAsciiDigit(rest[unit.Length]) || rest[unit.Length] == '.'))
            {
                rest = rest[unit.Length..];
                if (number > long.MaxValue / size)
                {
                    return false;
                }
                nanoseconds += number * size;
                return nanoseconds <= long.MaxValue;
            }
        }
        return false;
    }
}
