using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner;
using NetAgent.Plugins.Ipvs;
using NetAgent.Plugins.MetallbArp;

namespace NetAgent.Configuration.Tests;

/// <summary>
/// What standard installers write needs nobody's attention. k3s, RKE2, GKE, AKS and kOps are not here: they run kube-proxy by flags, without a file.
/// </summary>
public sealed class InstallerTests
{
    public static TheoryData<string> Installers => new(typeof(InstallerTests).Assembly.GetManifestResourceNames());

    [Theory]
    [MemberData(nameof(Installers))]
    public void Nothing_of_it_is_more_than_information(string installer)
    {
        foreach (var plugin in new IDataplanePlugin[] { new IpvsPlugin(), new ConntrackTunerPlugin(), new MetallbArpPlugin() })
        {
            Assert.DoesNotContain(Configure(plugin, Text(installer)).Problems, problem => !problem.IsInformation);
        }
    }

    [Theory]
    [MemberData(nameof(Installers))]
    public void Nor_as_the_ConfigMap_that_kubectl_prints(string installer)
    {
        var map = $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kube-proxy\ndata:\n  config.conf: |-\n{string.Concat(Text(installer).Split('\n').Select(line => $"    {line}\n"))}";
        Assert.DoesNotContain(Configure(new IpvsPlugin(), map).Problems, problem => !problem.IsInformation);
    }

    [Fact]
    public void An_operators_own_wish_without_effect_is_named()
    {
        var problem = Assert.Single(Configure(new IpvsPlugin(), ReadFiles.KubeProxy + "featureGates:\n  KubeProxyIPVS: true\n").Problems);
        Assert.Equal((true, 4, "featureGates.KubeProxyIPVS"), (problem.IsInformation, problem.Line, problem.Path));
    }

    private static ConfigurationResult Configure(IDataplanePlugin plugin, string text)
    {
        var document = ConfigNodeReader.Read(text);
        return plugin.Configure(new()
        {
            Files = [new()
        {
            Path = "config.conf",
            Exists = true,
            Root = document.Root,
            Problem = document.Problem,
        }]
        });
    }

    private static string Text(string installer)
    {
        using var reader = new StreamReader(typeof(InstallerTests).Assembly.GetManifestResourceStream(installer)!);
        return reader.ReadToEnd();
    }
}
