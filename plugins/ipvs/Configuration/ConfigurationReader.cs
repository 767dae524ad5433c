using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>Reads what the agent's configuration gives the plugin: files first, <c>config:</c> on top, so that single values can be overridden.</summary>
internal sealed class ConfigurationReader
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    public (IpvsConfiguration Configuration, IReadOnlyList<ConfigurationProblem> Problems) Read(PluginConfiguration configuration)
    {
        var result = IpvsConfiguration.Default;
        var problems = new List<ConfigurationProblem>();
        foreach (var file in configuration.Files)
        {
            result = ReadFile(file, result, problems);
        }
        if (configuration.Inline is { } inline)
        {
            result = ReadNode(inline, configuration.InlineSource, isDocument: false, result, problems);
        }
        foreach (var argument in configuration.Arguments)
        {
            problems.Add(new ConfigurationProblem
            {
                Severity = Severity.Error,
                Source = "args",
                Path = argument,
                Message = "the ipvs plugin takes no args; use configFile or config",
            });
        }
        return (result, problems);
    }

    private IpvsConfiguration ReadFile(ConfigurationFile file, IpvsConfiguration basis, List<ConfigurationProblem> problems)
    {
        if (file.Root is not null && file.Problem is null)
        {
            return ReadNode(file.Root, file.Path, isDocument: true, basis, problems);
        }
        var reason = file.Problem ?? (file.Exists ? "the file is empty" : "there is no such file");
        problems.Add(new ConfigurationProblem
        {
            Severity = Severity.Error,
            Source = file.Path,
            Path = "",
            Message = $"{reason}; it must hold a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1)",
        });
        return basis;
    }

    private IpvsConfiguration ReadNode(
        ConfigNode node, string source, bool isDocument, IpvsConfiguration basis, List<ConfigurationProblem> problems)
    {
        var found = new ProblemList(source, _told);
        var result = basis;
        if (node.Kind == ConfigNodeKind.Mapping)
        {
            result = KubeProxyConfigurationReader.Read(new Section(node, "", found), isDocument, basis);
        }
        else if (node.Kind != ConfigNodeKind.Null || isDocument)
        {
            found.Error("", node.Line, "is no mapping; it must hold the fields of a KubeProxyConfiguration");
        }
        problems.AddRange(found.InOrder);
        return result;
    }
}
