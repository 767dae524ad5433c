namespace NetAgent.Cluster.Yaml;

/// <summary>Cuts a text at its <c>---</c> lines, as kubectl does, so that a syntax error in one document does not reach the next.</summary>
internal static class DocumentSplitter
{
    public static IEnumerable<(string Content, int FirstLine)> Split(string text)
    {
        var start = 0;
        var startLine = 1;
        var line = 1;
        for (var position = 0; position < text.Length; line++)
        {
            var end = text.IndexOf('\n', position);
            var next = end < 0 ? text.Length : end + 1;
            if (position > start && IsSeparator(text.AsSpan(position, next - position)))
            {
                if (HasContent(text.AsSpan(start, position - start)))
                {
                    yield return (text[start..position], startLine);
                }
                start = position;
                startLine = line;
            }
            position = next;
        }
        if (HasContent(text.AsSpan(start)))
        {
            yield return (text[start..], startLine);
        }
    }

    private static bool IsSeparator(ReadOnlySpan<char> line) =>
        line.StartsWith("---") && (line.Length == 3 || char.IsWhiteSpace(line[3]));

    // Comments and directives alone are no document.
    private static bool HasContent(ReadOnlySpan<char> chunk)
    {
        foreach (var line in chunk.EnumerateLines())
        {
            var rest = (IsSeparator(line) ? line[3..] : line).Trim();
            if (!rest.IsEmpty && rest[0] is not ('#' or '%') && !rest.SequenceEqual("..."))
            {
                return true;
            }
        }
        return false;
    }
}
