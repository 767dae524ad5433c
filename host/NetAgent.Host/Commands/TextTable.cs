using NetAgent.Host.Status;

namespace NetAgent.Host.Commands;

/// <summary>
/// Columns aligned with two spaces between, as kubectl prints them, and no wider than a terminal: a long cell goes on in the lines below.
/// </summary>
internal sealed class TextTable(params string[] headers)
{
    public const int Width = 100;

    private const string Gap = "  ";

    private readonly List<string[]> _rows = [headers];

    public int Count => _rows.Count - 1;

    public void Add(params string[] cells) => _rows.Add([.. cells.Select(OneLine.Of)]);

    public void WriteTo(TextWriter writer)
    {
        var widths = Fit([.. Enumerable.Range(0, headers.Length).Select(column => _rows.Max(row => row[column].Length))]);
        foreach (var row in _rows)
        {
            var cells = row.Select((cell, column) => TextWrap.Lines(cell, widths[column])).ToArray();
            for (var line = 0; line < cells.Max(cell => cell.Count); line++)
            {
                writer.WriteLine(string.Join(Gap,
                    cells.Select((cell, column) => (line < cell.Count ? cell[line] : "").PadRight(widths[column]))).TrimEnd());
            }
        }
    }

    // The narrow columns stay as they are; what is left goes to the wide ones in equal parts.
    private static int[] Fit(int[] widths)
    {
        var room = Width - (Gap.Length * (widths.Length - 1));
        var columns = widths.Length;
        var cap = int.MaxValue;
        foreach (var width in widths.Order())
        {
            if (width > room / columns)
            {
                cap = room / columns;
                break;
            }
            room -= width;
            columns--;
        }
        return [.. widths.Select(width => Math.Min(width, cap))];
    }
}
