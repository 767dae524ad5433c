namespace NetAgent.Dataplane.Ownership;

/// <summary>A name, or a prefix followed by <c>*</c>.</summary>
internal static class NamePattern
{
    public static bool Matches(string pattern, string name) => pattern.EndsWith('*')
        ? name.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)
        : string.Equals(pattern, name, StringComparison.Ordinal);

    /// <summary>Whether some name matches both.</summary>
    public static bool Overlap(string left, string right) => (left.EndsWith('*'), right.EndsWith('*')) switch
    {
        (true, true) => left.AsSpan(0, left.Length - 1).StartsWith(right.AsSpan(0, right.Length - 1), StringComparison.Ordinal)
            || right.AsSpan(0, right.Length - 1).StartsWith(left.AsSpan(0, left.Length - 1), StringComparison.Ordinal),
        (true, false) => Matches(left, right),
        _ => Matches(right, left),
    };

    /// <summary>As <see cref="Matches"/>, element by element of a path.</summary>
    public static bool MatchesPath(string pattern, string path) => ComparePaths(pattern, path, Matches);

    /// <summary>As <see cref="Overlap"/>, element by element of a path.</summary>
    public static bool PathsOverlap(string left, string right) => ComparePaths(left, right, Overlap);

    private static bool ComparePaths(string left, string right, Func<string, string, bool> compare)
    {
        var (a, b) = (left.Split('/'), right.Split('/'));
        return a.Length == b.Length && a.Zip(b).All(pair => compare(pair.First, pair.Second));
    }
}
