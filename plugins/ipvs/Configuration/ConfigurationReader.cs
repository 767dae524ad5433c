using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>
/// Reads what the agent's configuration gives the plugin: files first, <c>config:</c> on top, so that single values can be overridden.
/// </summary>
internal static class ConfigurationReader
{
    public static (IpvsConfiguration Configuration, IReadOnlyList<ConfigurationProblem> Problems) Read(PluginConfiguration configuration)
    {
        var result = IpvsConfiguration.Default;
        var found = new List<ConfigurationProblem>();
        foreach (var file in configuration.Files)
        {
            var problems = new Problems(file.Path);
            if (ConfigDocument.Open(file, problems) is { } root)
            {
                result = KubeProxyConfigurationReader.Read(root, isDocument: true, result);
            }
            found.AddRange(problems.InOrder);
        }
        if (configuration.Inline is { } inline)
        {
            var problems = new Problems(configuration.InlineSource);
            result = KubeProxyConfigurationReader.Read(new(inline, problems), isDocument: false, result);
            found.AddRange(problems.InOrder);
        }
        found.AddRange(ConfigDocument.RefuseArguments(configuration));
        return (result, found);
    }
}
