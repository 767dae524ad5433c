using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;
using NetAgent.Host.Configuration;
using NetAgent.Plugins.ConntrackTuner;
using NetAgent.Plugins.Ipvs;
using NetAgent.Plugins.MasqAgent;
using NetAgent.Plugins.MetallbArp;

namespace NetAgent.Configuration.Tests;

/// <summary>Every kind of file that the agent reads, by what reads it.</summary>
internal static class ReadFiles
{
    public const string Source = "file.yaml";
    public const string KubeProxy = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";

    private static readonly Dictionary<string, (string Head, Func<IDataplanePlugin>? Plugin)> _files = new()
    {
        ["agent"] = ("apiVersion: netagent.io/v1alpha1\nkind: NetAgentConfiguration\n", null),
        ["KubeProxyConfiguration, ipvs"] = (KubeProxy, () => new IpvsPlugin()),
        ["KubeProxyConfiguration, conntrack-tuner"] = (KubeProxy, () => new ConntrackTunerPlugin()),
        ["KubeProxyConfiguration, metallb-arp"] = (KubeProxy, () => new MetallbArpPlugin()),
        ["ip-masq-agent"] = ("# nothing\n", () => new MasqAgentPlugin()),
        ["conntrack-tuner"] = ("kind: ConntrackTunerConfiguration\n", () => new ConntrackTunerPlugin()),
        ["metallb-arp"] = ("kind: MetallbArpConfiguration\n", () => new MetallbArpPlugin()),
    };

    public static IEnumerable<string> Names => _files.Keys;

    /// <summary>Reads a text below the file's head.</summary>
    public static IReadOnlyList<ConfigurationProblem> Read(string name, string body) => ReadWhole(name, _files[name].Head + body);

    public static IReadOnlyList<ConfigurationProblem> ReadWhole(string name, string text)
    {
        var document = ConfigNodeReader.Read(text);
        return _files[name].Plugin is { } create
            ? create().Configure(new()
            {
                Files = [new()
            {
                Path = Source,
                Exists = true,
                Root = document.Root,
                Problem = document.Problem,
            }]
            }).Problems
            : AgentConfigurationReader.Read(document.Root, Source, "/").Problems;
    }

    /// <summary>The line on which a body's first line comes to stand.</summary>
    public static int FirstLine(string name) => _files[name].Head.Count(c => c == '\n') + 1;
}
