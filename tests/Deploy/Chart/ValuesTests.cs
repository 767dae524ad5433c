using NetAgent.TestKit;

namespace NetAgent.Deploy.Tests.Chart;

/// <summary>What values become, and which are refused.</summary>
public sealed class ValuesTests
{
    private static readonly string _golden = Path.Combine(RepositoryRoot.Path, "tests/Deploy/Chart/Golden");

    [Fact]
    public void Helm_finds_nothing_to_complain_of()
    {
        var answer = Shell.Run(Helm.Program, "lint", "--strict", Helm.Chart, "--set", Helm.Required);
        Assert.Contains("0 chart(s) failed", answer, StringComparison.Ordinal);
    }

    /// <summary>With NETAGENT_WRITE_GOLDEN set it writes them.</summary>
    [Theory, InlineData("default"), InlineData("everything"), InlineData("beside-a-proxy")]
    public void Manifests_are_those_on_record(string name)
    {
        var rendered = Helm.Template("--values", Path.Combine(_golden, $"{name}.values.yaml"));
        var record = Path.Combine(_golden, $"{name}.yaml");
        if (Environment.GetEnvironmentVariable("NETAGENT_WRITE_GOLDEN") is not null)
        {
            File.WriteAllText(record, rendered);
        }
        Assert.Equal(File.ReadAllText(record), rendered);
        AgentFile.Read(Kustomize.Parse(rendered));
    }

    [Fact]
    public void Beside_another_proxy_the_chart_configures_what_that_overlay_does()
    {
        var chart = AgentFile.Read(Helm.Render("--values", Path.Combine(_golden, "beside-a-proxy.values.yaml")));
        var overlay = AgentFile.Read(Kustomize.Deployed("beside-a-proxy"));

        Assert.Equal(overlay.Plugins.Select(plugin => (plugin.Name, plugin.Files, plugin.NodeSelector)).Order(), chart.Plugins.Select(plugin => (plugin.Name, plugin.Files, plugin.NodeSelector)).Order());
        Assert.Equal((overlay.Metrics, overlay.Healthz, overlay.Probe), (chart.Metrics, chart.Healthz, chart.Probe));
    }

    [Theory]
    [InlineData("plugins.ipvs.enabled=perhaps", "/plugins/ipvs/enabled")]
    [InlineData("plugins.ipvs.enable=true", "enable")]
    [InlineData("rollout.percent=110", "/rollout/percent")]
    [InlineData("confirmWithin=a minute", "/confirmWithin")]
    [InlineData("probePort=99999", "/probePort")]
    [InlineData("plugins.ipvs.existingConfigMap.key=a/b", "/plugins/ipvs/existingConfigMap/key")]
    [InlineData("plugins.masq-agent.onDisable=forget", "/plugins/masq-agent/onDisable")]
    [InlineData("image.digest=sha256:12", "/image/digest")]
    [InlineData("dropIn.enabled=true", "/dropIn/digests")]
    [InlineData("logging.level=verbose", "/logging/level")]
    [InlineData("podMonitor.enabled=true", "metricsBindAddress: '127.0.0.1:10249' is not reached by Prometheus")]
    [InlineData("apiServer.host=", "apiServer.host: the API server's own address")]
    [InlineData("tolerationz=1", "tolerationz")]
    public void A_wrong_value_is_refused_and_named(string value, string says) =>
        Assert.Contains(says, Helm.Refusal("--set", value), StringComparison.Ordinal);

    [Fact]
    public void Both_plugins_that_read_one_ConfigMap_mount_it_once_and_it_is_optional_only_where_all_say_so()
    {
        string[] shared = ["--set", "plugins.masq-agent.existingConfigMap.name=kube-proxy", "--set", "plugins.masq-agent.existingConfigMap.key=masq"];
        var pod = Helm.Render(shared).Pod();
        var map = pod["volumes"]!.AsArray().Single(volume => (string?)volume!["configMap"]?["name"] == "kube-proxy")!["configMap"]!;

        Assert.Null(map["optional"]);
        Assert.Equal(["config.conf", "masq"], map["items"]!.AsArray().Select(item => (string?)item!["key"]).Order(StringComparer.Ordinal));
    }
}
