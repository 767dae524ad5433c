using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Plugins.MasqAgent.Flags;

/// <summary>Ports first to last, both inclusive.</summary>
internal readonly record struct PortRange(ushort First, ushort Last)
{
    public int Size => Last - First + 1;

    /// <summary>As iptables-save prints it: <c>1024-29999</c>, or <c>1024</c>.</summary>
    public override string ToString() =>
        First == Last ? First.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");

    /// <summary>Reads --to-ports: <c>A-B[,C-D...]</c> or single ports; empty text is no range.</summary>
    public static bool TryParseList(string text, out EquatableArray<PortRange> ranges, out string problem)
    {
        ranges = default;
        problem = "";
        if (text.Length == 0)
        {
            return true;
        }
        var parsed = new List<PortRange>();
        foreach (var item in text.Split(','))
        {
            if (!TryParse(item, out var range, out problem))
            {
                return false;
            }
            parsed.Add(range);
        }
        ranges = parsed.ToEquatableArray();
        return true;
    }

    /// <summary>Pairs with ports in common, each with the nearest before it in order of ports.</summary>
    public static IEnumerable<(PortRange First, PortRange Second)> Overlaps(EquatableArray<PortRange> ranges)
    {
        PortRange? widest = null;
        foreach (var range in ranges.OrderBy(r => r.First).ThenBy(r => r.Last))
        {
            if (widest is { } before && range.First <= before.Last)
            {
                yield return (before, range);
            }
            widest = widest is { } last && last.Last > range.Last ? widest : range;
        }
    }

    private static bool TryParse(string text, out PortRange range, out string problem)
    {
        range = default;
        var parts = text.Split('-');
        if (parts.Length > 2 || !TryParsePort(parts[0], out var first) || !TryParsePort(parts[^1], out var last))
        {
            problem = $"'{text}' is not a port or a range of ports such as 1024-29999";
            return false;
        }
        if (first == 0 || last > ushort.MaxValue)
        {
            problem = $"'{text}' is not within 1 to 65535";
            return false;
        }
        if (first > last)
        {
            problem = $"'{text}' runs backwards; {last}-{first} would be right";
            return false;
        }
        range = new((ushort)first, (ushort)last);
        problem = "";
        return true;
    }

    private static bool TryParsePort(string text, out int port)
    {
        port = 0;
        // Longer digits are a number out of range, not something else: say so.
        return text.Length > 0 && text.All(char.IsAsciiDigit)
            && (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) || (port = int.MaxValue) > 0);
    }
}
