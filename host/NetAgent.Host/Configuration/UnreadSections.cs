using NetAgent.Contracts;

namespace NetAgent.Host.Configuration;

/// <summary>
/// Parts of a KubeProxyConfiguration that plugin ipvs leaves to its siblings, where the sibling is not configured: whoever brings
/// kube-proxy's file expects all of it to count.
/// </summary>
internal static class UnreadSections
{
    public static IEnumerable<ConfigurationProblem> Find(AgentSetup setup)
    {
        if (!setup.Plugins.TryGetValue("ipvs", out var ipvs))
        {
            yield break;
        }
        var documents = ipvs.Configuration.Files.Select(file => (Source: file.Path, file.Root))
            .Append((Source: "plugin ipvs, config", Root: ipvs.Configuration.Inline));
        foreach (var (source, root) in documents)
        {
            if (!setup.Plugins.ContainsKey("metallb-arp") && Find(Find(root, "ipvs")?.Value, "strictARP") is { Value.Text: "true" } strictArp)
            {
                yield return Unread(source, "ipvs.strictARP", strictArp.Line, "metallb-arp");
            }
            if (!setup.Plugins.ContainsKey("conntrack-tuner") && Find(root, "conntrack") is { Value.Kind: ConfigNodeKind.Mapping } conntrack)
            {
                yield return Unread(source, "conntrack", conntrack.Line, "conntrack-tuner");
            }
        }
    }

    private static ConfigEntry? Find(ConfigNode? node, string key) => node?.Entries.FirstOrDefault(entry => entry.Key == key);

    private static ConfigurationProblem Unread(string source, string path, int line, string plugin) => new()
    {
        Severity = Severity.Warning,
        Source = source,
        Path = path,
        Line = line,
        Message = $"no plugin reads this: add plugin {plugin} with the same configFile to the agent's configuration",
    };
}
