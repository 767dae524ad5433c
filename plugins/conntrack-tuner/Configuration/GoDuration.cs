using System.Buffers;
using System.Globalization;

namespace NetAgent.Plugins.Configuration;

/// <summary>Durations as Go's time.ParseDuration reads them.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    private static readonly (string Suffix, double Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ];

    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var isNegative = text.StartsWith("-");
        if (isNegative || text.StartsWith("+"))
        {
            text = text[1..];
        }
        if (text is "0")
        {
            return true;
        }
        if (text.IsEmpty)
        {
            return false;
        }
        double nanoseconds = 0;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }
            text = text[digits..];
            var letters = text.IndexOfAny(Digits);
            var unit = letters < 0 ? text : text[..letters];
            if (!TryFindUnit(unit, out var factor))
            {
                return false;
            }
            nanoseconds += number * factor;
            text = text[unit.Length..];
        }
        // An int64 of nanoseconds holds no more (about 292 years).
        if (nanoseconds > long.MaxValue)
        {
            return false;
        }
        duration = TimeSpan.FromTicks((long)(nanoseconds / 100) * (isNegative ? -1 : 1));
        return true;
    }

    private static bool TryFindUnit(ReadOnlySpan<char> text, out double nanoseconds)
    {
        foreach (var (suffix, factor) in Units)
        {
            if (text.SequenceEqual(suffix))
            {
                nanoseconds = factor;
                return true;
            }
        }
        nanoseconds = 0;
        return false;
    }
}
