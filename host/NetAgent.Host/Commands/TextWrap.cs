using System.Buffers;

namespace NetAgent.Host.Commands;

/// <summary>Text in lines of a width.</summary>
internal static class TextWrap
{
    private static readonly SearchValues<char> _marks = SearchValues.Create("/,;:|-");

    /// <summary>Broken at blanks, else after a mark that keys are put together with, else anywhere.</summary>
    public static IReadOnlyList<string> Lines(string text, int width)
    {
        var lines = new List<string>();
        var rest = text.AsSpan();
        while (rest.Length > width)
        {
            var blank = rest[..(width + 1)].LastIndexOf(' ');
            var mark = rest[..width].LastIndexOfAny(_marks);
            var end = blank > width / 3 ? blank : mark > width / 3 ? mark + 1 : width;
            lines.Add(rest[..end].TrimEnd().ToString());
            rest = rest[end..].TrimStart();
        }
        lines.Add(rest.ToString());
        return lines;
    }
}
