using System.Text.RegularExpressions;
using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner;
using NetAgent.TestKit;

namespace NetAgent.ConntrackTuner.Tests;

/// <summary>What docs/conntrack-tuner.md shows can be copied.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public void Every_example_is_accepted_with_no_key_unknown()
    {
        var examples = Blocks().Matches(File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "conntrack-tuner.md"))).Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(2, examples.Count);
        foreach (var plugin in examples.SelectMany(Plugins))
        {
            var file = Child(plugin, "configFile") is { } path
                ? new ConfigurationFile(path.Text, true, ConfigNodeReader.Read("apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n").Root, null)
                : null;
            var result = new ConntrackTunerPlugin().Configure(new() { Inline = Child(plugin, "config"), Files = file is null ? [] : [file] });
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
