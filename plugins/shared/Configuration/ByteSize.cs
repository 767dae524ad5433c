using System.Globalization;

namespace NetAgent.Plugins.Shared.Configuration;

/// <summary>Sizes as Kubernetes writes memory: whole bytes, or with Ki, Mi, Gi.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, int Shift)[] _units = [("Gi", 30), ("Mi", 20), ("Ki", 10), ("", 0)];

    public static bool TryParse(ReadOnlySpan<char> text, out long bytes)
    {
        bytes = 0;
        foreach (var (suffix, shift) in _units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
            {
                if (!long.TryParse(text[..^suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue >> shift)
                {
                    return false;
                }
                bytes = number << shift;
                return true;
            }
        }
        return false;
    }

    /// <summary>In the largest unit that leaves no rest.</summary>
    public static string ToText(long bytes)
    {
        var (suffix, shift) = _units.First(unit => (bytes & ((1L << unit.Shift) - 1)) == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes >> shift}{suffix}");
    }
}
