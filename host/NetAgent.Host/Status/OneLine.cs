namespace NetAgent.Host.Status;

/// <summary>Texts of others, such as an exception's, as one line: they break neither a log nor a table, and move no cursor.</summary>
internal static class OneLine
{
    public static string Of(string text) => text.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0 && !text.Any(char.IsControl)
        ? text
        : string.Concat(string.Join(" | ",
            text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Select(c => char.IsControl(c) ? ' ' : c));
}
