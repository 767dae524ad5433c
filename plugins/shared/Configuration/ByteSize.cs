using System.Globalization;

namespace NetAgent.Plugins.Shared.Configuration;

/// <summary>Sizes as Kubernetes writes memory: bytes, or a number with Ki, Mi, Gi, Ti or k, M, G, T.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, long Bytes)[] Units =
    [
        ("Ti", 1L << 40), ("Gi", 1L << 30), ("Mi", 1L << 20), ("Ki", 1L << 10),
        ("T", 1_000_000_000_000), ("G", 1_000_000_000), ("M", 1_000_000), ("k", 1_000), ("", 1),
    ];

    public static bool TryParse(ReadOnlySpan<char> text, out long bytes)
    {
        bytes = 0;
        foreach (var (suffix, unit) in Units)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal))
            {
                continue;
            }
            if (!decimal.TryParse(text[..^suffix.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                || number > long.MaxValue / (decimal)unit)
            {
                return false;
            }
            bytes = (long)(number * unit);
            return true;
        }
        return false;
    }

    /// <summary>In the largest binary unit that leaves no rest.</summary>
    public static string ToText(long bytes)
    {
        var (suffix, unit) = Units.First(u => (u.Bytes & (u.Bytes - 1)) == 0 && bytes % u.Bytes == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / unit}{suffix}");
    }
}
