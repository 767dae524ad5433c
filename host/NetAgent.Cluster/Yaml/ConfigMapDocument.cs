using NetAgent.Contracts;

namespace NetAgent.Cluster.Yaml;

/// <summary>
/// A ConfigMap in a configuration's place, as <c>kubectl get configmap NAME -o yaml</c> (or json) prints it, a List of one too: the
/// configuration is one of its keys.
/// </summary>
internal static class ConfigMapDocument
{
    // kubeadm's and most others' for kube-proxy; EKS's, and ip-masq-agent's; Gardener's.
    private static readonly string[] ConfigurationKeys = ["config.conf", "config", "config.yaml"];

    /// <summary>The configuration that the document holds; the document itself where it is no ConfigMap.</summary>
    /// <param name="document">As read.</param>
    /// <param name="text">What it was read from.</param>
    /// <param name="isKubeconfig">The kubeconfig that kubeadm and others put beside the configuration is wanted.</param>
    public static ConfigDocument Unwrap(ConfigDocument document, string text, bool isKubeconfig)
    {
        var root = document.Root;
        if (root.Find("kind") is { Text: "List" } && root.Find("apiVersion") is { Text: "v1" } && root.Find("items") is { } items)
        {
            if (items.Items.Count != 1)
            {
                return Refuse(root!,
                    $"this is a List of {items.Items.Count} objects, and a configuration is one; name it, as in kubectl get configmap"
                    + " NAME -o yaml");
            }
            root = items.Items[0];
        }
        if (root.Find("kind") is not { Text: "ConfigMap" } || root.Find("apiVersion") is not { Text: "v1" })
        {
            return document;
        }
        var entries = root.Find("data")?.Entries ?? [];
        var candidates = entries.Where(entry => entry.Key.StartsWith("kubeconfig", StringComparison.Ordinal) == isKubeconfig).ToList();
        var chosen = candidates is [var only] ? only : candidates.Find(entry => ConfigurationKeys.Contains(entry.Key));
        if (chosen is null)
        {
            var what = isKubeconfig ? "kubeconfig under data (kubeconfig.conf)"
                : $"configuration under data ({string.Join(", ", ConfigurationKeys)}, or a single key)";
            return Refuse(root!,
                $"this is a ConfigMap without a {what}; it has"
                + $" {(entries.Count == 0 ? "no keys" : string.Join(", ", entries.Select(entry => entry.Key)))}");
        }
        return Read(chosen, text);
    }

    private static ConfigDocument Read(ConfigEntry entry, string text)
    {
        // Of a block each line is one of the file; what is quoted stands on one, whatever its own lines.
        var isBlock = IsBlock(text, entry.Value.Line);
        var inner = ConfigNodeReader.ReadOne(entry.Value.Text, isBlock ? entry.Value.Line + 1 : 1);
        if (inner.Problem is { } problem)
        {
            return inner with { Problem = isBlock ? problem : $"data.{entry.Key}: {problem}" };
        }
        return isBlock || inner.Root is null ? inner : inner with { Line = entry.Line, Root = OnLine(inner.Root, entry.Line) };
    }

    // "config.conf: |-" and the like, which have every line as it is; folded ones have not.
    private static bool IsBlock(string text, int line)
    {
        var number = 0;
        foreach (var each in text.AsSpan().EnumerateLines())
        {
            if (++number == line)
            {
                var mark = each.LastIndexOf('|');
                return mark >= 0 && each[(mark + 1)..].Trim(" \r+-0123456789").IsEmpty;
            }
        }
        return false;
    }

    private static ConfigNode OnLine(ConfigNode node, int line) => node with
    {
        Line = line,
        Items = [.. node.Items.Select(item => OnLine(item, line))],
        Entries = [.. node.Entries.Select(entry => new ConfigEntry(entry.Key, line, OnLine(entry.Value, line)))],
    };

    private static ConfigDocument Refuse(ConfigNode at, string problem) => new(1, at.Line, null, $"line {at.Line}: {problem}");
}
