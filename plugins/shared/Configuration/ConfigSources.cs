using NetAgent.Contracts;

namespace NetAgent.Plugins.Shared.Configuration;

/// <summary>Takes a plugin's configuration apart: files that are kube-proxy's, and documents in the plugin's own form, in order.</summary>
internal sealed class ConfigSources
{
    private readonly List<Problems> _problems = [];
    private readonly List<ConfigurationProblem> _ofArguments = [];

    public static ConfigSources Open(PluginConfiguration configuration, string ownKind)
    {
        var sources = new ConfigSources();
        foreach (var file in configuration.Files)
        {
            sources.Sort(ConfigDocument.Open(file, sources.Next(file.Path)), ownKind);
        }
        if (configuration.Inline is { } inline)
        {
            sources.Sort(new(inline, sources.Next(configuration.InlineSource)), ownKind);
        }
        sources._ofArguments.AddRange(ConfigDocument.RefuseArguments(configuration));
        return sources;
    }

    /// <summary>Roots of KubeProxyConfigurations; sections that are other plugins' are theirs to judge.</summary>
    public List<ConfigSection> KubeProxy { get; } = [];

    /// <summary>Roots in the plugin's own form; the inline one last, so that it wins.</summary>
    public List<ConfigSection> Own { get; } = [];

    /// <summary>What is wrong so far, by source and line.</summary>
    public IEnumerable<ConfigurationProblem> InOrder => _problems.SelectMany(problems => problems.InOrder).Concat(_ofArguments);

    private Problems Next(string source)
    {
        _problems.Add(new(source));
        return _problems[^1];
    }

    private void Sort(ConfigSection? root, string ownKind)
    {
        var kind = root?.OneOf("kind", ConfigDocument.KubeProxyKind, ownKind);
        if (kind == ConfigDocument.KubeProxyKind)
        {
            root!.Expect("apiVersion", ConfigDocument.KubeProxyVersion, isRequired: true);
            KubeProxy.Add(root);
        }
        else if (root is not null && (kind is not null || root.Find("kind") is null))
        {
            root.Leave("apiVersion");
            Own.Add(root);
        }
    }
}
