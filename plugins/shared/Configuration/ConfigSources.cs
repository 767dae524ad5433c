using NetAgent.Contracts;

namespace NetAgent.Plugins.Shared.Configuration;

/// <summary>Takes a plugin's configuration apart: files that are kube-proxy's, and documents in the plugin's own form, in order.</summary>
/// <param name="KubeProxy">Roots of KubeProxyConfiguration files.</param>
/// <param name="Own">Roots in the plugin's own form; the inline one last, so that it wins.</param>
internal sealed record ConfigSources(IReadOnlyList<ConfigSection> KubeProxy, IReadOnlyList<ConfigSection> Own)
{
    private const string KubeProxyKind = "KubeProxyConfiguration";
    private const string KubeProxyVersion = "kubeproxy.config.k8s.io/v1alpha1";

    public static ConfigSources Read(PluginConfiguration configuration, string ownKind, List<ConfigurationProblem> problems)
    {
        List<ConfigSection> kubeProxy = [], own = [];
        foreach (var file in configuration.Files)
        {
            if (!file.Exists)
            {
                problems.Add(new()
                {
                    Severity = Severity.Error,
                    Source = file.Path,
                    Path = "",
                    Message = $"no such file; a {KubeProxyKind} or a {ownKind} is right",
                });
            }
            else if (file.Problem is not null)
            {
                problems.Add(new() { Severity = Severity.Error, Source = file.Path, Path = "", Message = file.Problem });
            }
            else
            {
                Sort(new(file.Path, "", file.Root, problems), ownKind, kubeProxy, own);
            }
        }
        if (configuration.Inline is { } inline)
        {
            Sort(new(configuration.InlineSource, "", inline, problems), ownKind, kubeProxy, own);
        }
        if (!configuration.Arguments.IsEmpty)
        {
            problems.Add(new()
            {
                Severity = Severity.Warning,
                Source = "args",
                Path = "",
                Message = "this plugin has no arguments; use config or configFile",
            });
        }
        return new(kubeProxy, own);
    }

    private static void Sort(ConfigSection root, string ownKind, List<ConfigSection> kubeProxy, List<ConfigSection> own)
    {
        var kind = root.Text("kind");
        var version = root.Text("apiVersion");
        if (kind == KubeProxyKind)
        {
            if (version != KubeProxyVersion)
            {
                root.Error("apiVersion", root.Find("apiVersion"), $"'{version}' is not known; {KubeProxyVersion} is right");
            }
            kubeProxy.Add(root);
        }
        else if (kind is null || kind == ownKind)
        {
            own.Add(root);
        }
        else
        {
            root.Error("kind", root.Find("kind"), $"'{kind}' is not known; {KubeProxyKind} or {ownKind} is right");
        }
    }
}
