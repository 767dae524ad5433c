using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Configuration;

internal static class ConfigurationReader
{
    public static (IpvsConfiguration Configuration, IReadOnlyList<ConfigurationProblem> Problems) Read(PluginConfiguration configuration) =>
        (IpvsConfiguration.Default, []);
}
