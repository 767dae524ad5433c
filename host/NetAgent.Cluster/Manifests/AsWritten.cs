using NetAgent.Contracts;

namespace NetAgent.Cluster.Manifests;

/// <summary>Puts the value into a problem that somebody wrote: YAML's 0x50, 1e3 and yes are other words by the time they are found wrong.</summary>
internal static class AsWritten
{
    public static SourceProblem In(ConfigNode root, SourceProblem problem) =>
        problem is { Value.Length: > 0, Field.Length: > 0 } && Find(root, problem.Field) is { Kind: ConfigNodeKind.Scalar, IsQuoted: false, Text.Length: <= 60 } node
            ? problem with { Value = node.Text }
            : problem;

    // A key may hold dots, so the path is not cut at them: each level takes what it has.
    private static ConfigNode? Find(ConfigNode node, ReadOnlySpan<char> path)
    {
        if (path.IsEmpty)
        {
            return node;
        }
        if (path[0] == '[')
        {
            var end = path.IndexOf(']');
            return end > 0 && int.TryParse(path[1..end], out var index) && index < node.Items.Count ? Find(node.Items[index], path[(end + 1)..]) : null;
        }
        path = path[0] == '.' ? path[1..] : path;
        foreach (var entry in node.Entries)
        {
            if (path.StartsWith(entry.Key, StringComparison.Ordinal) && (path.Length == entry.Key.Length || path[entry.Key.Length] is '.' or '[')
                && Find(entry.Value, path[entry.Key.Length..]) is { } found)
            {
                return found;
            }
        }
        return null;
    }
}
