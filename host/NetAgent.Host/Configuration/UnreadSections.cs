using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Host.Configuration;

/// <summary>
/// Parts of a KubeProxyConfiguration that plugin ipvs leaves to its siblings, where the sibling is not configured: whoever brings
/// kube-proxy's file expects all of it to count. What an installer writes without being asked is information, an operator's own a warning.
/// </summary>
internal static class UnreadSections
{
    private static readonly Dictionary<string, string> InstallersConntrack = new(StringComparer.Ordinal)
    {
        ["maxPerCore"] = "32768",
        ["min"] = "131072",
        ["tcpEstablishedTimeout"] = "24h",
        ["tcpCloseWaitTimeout"] = "1h",
    };

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
            if (!setup.Plugins.ContainsKey("conntrack-tuner")
                && Find(root, "conntrack") is { Value.Kind: ConfigNodeKind.Mapping } conntrack)
            {
                yield return Unread(source, "conntrack", conntrack.Line, "conntrack-tuner",
                    isInformation: conntrack.Value.Entries.All(IsInstallers));
            }
            if (!setup.Plugins.ContainsKey("metallb-arp")
                && Find(Find(root, "ipvs")?.Value, "strictARP") is { Value.Text: "true" } strictArp)
            {
                yield return Unread(source, "ipvs.strictARP", strictArp.Line, "metallb-arp", isInformation: false);
            }
        }
    }

    // Null and zero too, which say that nobody set anything.
    private static bool IsInstallers(ConfigEntry entry) =>
        entry.Value is { Kind: ConfigNodeKind.Null } or { Text: "0" or "0s" or "false" }
        || (InstallersConntrack.TryGetValue(entry.Key, out var standard)
            && (entry.Value.Text == standard
            || (GoDuration.TryParse(entry.Value.Text, out var given) && GoDuration.TryParse(standard, out var usual) && given == usual)));

    private static ConfigEntry? Find(ConfigNode? node, string key) => node?.Entries.FirstOrDefault(entry => entry.Key == key);

    private static ConfigurationProblem Unread(string source, string path, int line, string plugin, bool isInformation) =>
        new()
        {
            Severity = isInformation ? Severity.Information : Severity.Warning,
            Source = source,
            Path = path,
            Line = line,
            Message = $"no plugin reads this: add plugin {plugin} with the same configFile to the agent's configuration",
        };
}
