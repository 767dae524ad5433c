using System.Globalization;

namespace NetAgent.Plugins.ConntrackTuner.Configuration;

/// <summary>Amounts of memory as Kubernetes writes them, or as a share of the node's.</summary>
internal static class MemoryAmount
{
    private static readonly (string Suffix, long Factor)[] Units =
    [
        ("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("Ti", 1L << 40),
        ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000), ("", 1),
    ];

    public static bool TryParse(string text, out long bytes, out double share)
    {
        (bytes, share) = (0, 0);
        if (text.EndsWith('%'))
        {
            var isNumber = double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent);
            share = percent / 100;
            return isNumber && share is > 0 and <= 1;
        }
        var (suffix, factor) = Units.First(u => text.EndsWith(u.Suffix, StringComparison.Ordinal));
        if (!double.TryParse(text[..^suffix.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number * factor > long.MaxValue)
        {
            return false;
        }
        bytes = (long)(number * factor);
        return bytes > 0;
    }
}
