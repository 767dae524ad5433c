using System.Text.RegularExpressions;
using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;
using NetAgent.TestKit;

namespace NetAgent.Plugins.Tests;

/// <summary>The YAML blocks of a page of docs/ that shows agent configurations.</summary>
internal static partial class DocumentedExamples
{
    /// <summary>Every example of the page is accepted and has no key that is unknown.</summary>
    public static void AreAccepted(string page, int count, Func<IDataplanePlugin> create)
    {
        var examples = Blocks().Matches(File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", page))).Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(count, examples.Count);
        foreach (var plugin in examples.SelectMany(Plugins))
        {
            var file = Child(plugin, "configFile") is { } path
                ? new ConfigurationFile
                {
                    Path = path.Text,
                    Exists = true,
                    Root = ConfigNodeReader.Read("apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n").Root,
                }
                : null;
            var result = create().Configure(new() { Inline = Child(plugin, "config"), Files = file is null ? [] : [file] });
            Assert.DoesNotContain(result.Problems, p => p.IsError || p.Message.Contains("unknown", StringComparison.Ordinal));
        }
    }

    private static IEnumerable<ConfigNode> Plugins(string example)
    {
        var document = ConfigNodeReader.Read(example);
        Assert.Null(document.Problem);
        return Child(document.Root!, "plugins")!.Items;
    }

    private static ConfigNode? Child(ConfigNode node, string key) => node.Entries.Where(e => e.Key == key).Select(e => e.Value).SingleOrDefault();

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
