using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Manifests;

/// <summary>A key that stands twice in a mapping: one of the two would be dropped without a word, a whole object where the line of dashes between two is missing.</summary>
/// <param name="Path">Where: <c>spec.clusterIP</c>.</param>
/// <param name="First">The line of the first.</param>
/// <param name="Second">The line of the second.</param>
internal readonly record struct DoubleKey(string Path, int First, int Second)
{
    // A cluster's manifests are a million small mappings, which need no table each.
    private const int Few = 16;

    /// <summary>For people.</summary>
    public string Problem => $"stands there twice{(First == Second ? "" : string.Create(CultureInfo.InvariantCulture, $", on lines {First} and {Second}"))}";

    /// <summary>The first of the mapping's own keys that is double.</summary>
    public static DoubleKey? Of(ConfigNode mapping) => Of(mapping, "");

    /// <summary>The first double key of it and of all in it.</summary>
    public static DoubleKey? Within(ConfigNode node) => Within(node, "");

    private static DoubleKey? Within(ConfigNode node, string path)
    {
        var found = Of(node, path);
        for (var i = 0; found is null && i < node.Items.Count; i++)
        {
            found = Within(node.Items[i], string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"));
        }
        for (var i = 0; found is null && i < node.Entries.Count; i++)
        {
            found = Within(node.Entries[i].Value, Below(path, node.Entries[i].Key));
        }
        return found;
    }

    private static DoubleKey? Of(ConfigNode node, string path)
    {
        var entries = node.Entries;
        if (entries.Count > Few)
        {
            var lines = new Dictionary<string, int>(entries.Count, StringComparer.Ordinal);
            foreach (var entry in entries)
            {
                if (!lines.TryAdd(entry.Key, entry.Line))
                {
                    return new(Below(path, entry.Key), lines[entry.Key], entry.Line);
                }
            }
            return null;
        }
        for (var second = 1; second < entries.Count; second++)
        {
            for (var first = 0; first < second; first++)
            {
                if (entries[first].Key == entries[second].Key)
                {
                    return new(Below(path, entries[first].Key), entries[first].Line, entries[second].Line);
                }
            }
        }
        return null;
    }

    private static string Below(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
