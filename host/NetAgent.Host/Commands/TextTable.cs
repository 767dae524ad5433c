namespace NetAgent.Host.Commands;

/// <summary>Columns aligned with two spaces between, as kubectl prints them.</summary>
internal sealed class TextTable(params string[] headers)
{
    private readonly List<string[]> _rows = [headers];

    public int Count => _rows.Count - 1;

    public void Add(params string[] cells) => _rows.Add(cells);

    public void WriteTo(TextWriter writer)
    {
        var widths = new int[headers.Length];
        foreach (var row in _rows)
        {
            for (var i = 0; i < row.Length; i++)
            {
                widths[i] = Math.Max(widths[i], row[i].Length);
            }
        }
        foreach (var row in _rows)
        {
            writer.WriteLine(string.Concat(row.Select((cell, i) => cell.PadRight(widths[i] + 2))).TrimEnd());
        }
    }
}
