using NetAgent.Contracts;

namespace NetAgent.Plugins.Shared.Configuration;

/// <summary>The documents that a plugin is given.</summary>
internal static class ConfigDocument
{
    /// <summary>kind and apiVersion of kube-proxy's file, which several plugins read.</summary>
    public const string KubeProxyKind = "KubeProxyConfiguration", KubeProxyVersion = "kubeproxy.config.k8s.io/v1alpha1";

    /// <summary>The root of a file; null, with the reason, when there is none to read. An empty file has no keys.</summary>
    public static ConfigSection? Open(ConfigurationFile file, Problems problems, StringComparer? keys = null)
    {
        if (file.Problem is null && file.Exists)
        {
            return new(file.Root, problems, keys: keys);
        }
        problems.Error("", 0, file.Problem ?? "there is no such file");
        return null;
    }

    /// <summary>What a plugin without flags says to <c>args</c>.</summary>
    public static IEnumerable<ConfigurationProblem> RefuseArguments(PluginConfiguration configuration) =>
        configuration.Arguments.Select(argument => new ConfigurationProblem
        {
            Severity = Severity.Error,
            Source = "args",
            Path = argument,
            Message = "this plugin takes no args; configFile or config is right",
        });
}
