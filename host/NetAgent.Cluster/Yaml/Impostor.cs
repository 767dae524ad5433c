namespace NetAgent.Cluster.Yaml;

/// <summary>Texts that stand where YAML should, as they come about every day: their parsers' words for them help nobody.</summary>
internal static class Impostor
{
    /// <summary>What a text is that does not parse; null when it is just wrong.</summary>
    /// <param name="text">One document.</param>
    /// <param name="firstLine">The line on which it begins, from 1.</param>
    public static string? Of(string text, int firstLine)
    {
        if (IsPage(text))
        {
            return $"line {firstLine}: this is a page of HTML, as a login or a proxy's error gives it in place of a file";
        }
        var number = firstLine;
        string? template = null;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("<<<<<<< ") || line.StartsWith(">>>>>>> "))
            {
                return $"line {number}: '{Shown(line)}' marks a merge conflict that nobody has settled";
            }
            var action = line.IndexOf("{{");
            if (template is null && action >= 0 && line[action..].Contains("}}", StringComparison.Ordinal))
            {
                template = $"line {number}: '{Shown(line.Trim())}' is a template, as Helm's charts hold them; what it renders belongs here (helm template)";
            }
            number++;
        }
        return template;
    }

    /// <summary>YAML takes some pages for words.</summary>
    public static bool IsPage(ReadOnlySpan<char> text)
    {
        var start = text.TrimStart();
        return start.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || start.StartsWith("<html", StringComparison.OrdinalIgnoreCase);
    }

    private static string Shown(ReadOnlySpan<char> line) => line.Length > 60 ? $"{line[..60]}…" : line.ToString();
}
