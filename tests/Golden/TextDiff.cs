using System.Text;

namespace NetAgent.Golden.Tests;

/// <summary>Shows what differs between two texts, line by line.</summary>
internal static class TextDiff
{
    /// <summary>Empty when equal; else lines only recorded (-), lines only here (+), and lines that moved (~).</summary>
    internal static string Between(string recorded, string here)
    {
        string[] before = recorded.TrimEnd().Split('\n'), after = here.TrimEnd().Split('\n');
        if (before.AsSpan().SequenceEqual(after))
        {
            return "";
        }
        var text = new StringBuilder();
        foreach (var line in Only(before, after))
        {
            text.Append("  - ").AppendLine(line);
        }
        foreach (var line in Only(after, before))
        {
            text.Append("  + ").AppendLine(line);
        }
        if (text.Length == 0)
        {
            var moved = before.Zip(after).First(pair => pair.First != pair.Second);
            text.Append("  ~ order: recorded ").AppendLine(moved.First).Append("             here ").AppendLine(moved.Second);
        }
        return text.ToString();
    }

    private static IEnumerable<string> Only(string[] these, string[] those)
    {
        var left = those.GroupBy(line => line).ToDictionary(group => group.Key, group => group.Count());
        foreach (var line in these)
        {
            if (left.TryGetValue(line, out var count) && count > 0)
            {
                left[line] = count - 1;
            }
            else
            {
                yield return line;
            }
        }
    }
}
