using NetAgent.Contracts;
using NetAgent.Plugins.MetallbArp;
using NetAgent.Plugins.MetallbArp.Configuration;
using NetAgent.Plugins.Tests;

namespace NetAgent.MetallbArp.Tests;

public sealed class SettingsTests
{
    private const string Head = """{"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration" """;

    [Theory]
    [InlineData("}", "off")]
    [InlineData(""", "ipvs": null}""", "off")]
    [InlineData(""", "ipvs": {"strictARP": null}}""", "off")]
    [InlineData(""", "ipvs": {"strictARP": false}}""", "off")]
    [InlineData(""", "ipvs": {"strictARP": true, "scheduler": "rr"}, "mode": "ipvs"}""", "all")]
    public void Strict_ARP_decides_between_all_and_off(string body, string mode)
    {
        var (settings, problems) = ArpSettingsReader.Read(JsonConfig.File(Head + body));

        Assert.Empty(problems);
        Assert.Equal(mode, ArpSettingsReader.NameOf(settings.Mode));
    }

    [Theory]
    [InlineData("strictArp")]
    [InlineData("strictarp")]
    [InlineData("strict_ARP")]
    public void Strict_ARP_in_another_spelling_has_no_effect_and_is_said(string key)
    {
        var (settings, problems) = ArpSettingsReader.Read(JsonConfig.File(Head + ", \"ipvs\": {\"" + key + "\": true, \"scheduler\": \"rr\"}}"));

        var problem = Assert.Single(problems);
        Assert.Equal((false, "ipvs." + key), (problem.IsError, problem.Path));
        Assert.Contains("did you mean strictARP?", problem.Message);
        Assert.Equal(ArpMode.Off, settings.Mode);
    }

    [Theory]
    [InlineData("all")]
    [InlineData("interfaces")]
    [InlineData("observe")]
    [InlineData("off")]
    public void The_plugins_own_mode_goes_over_kube_proxys(string mode)
    {
        var both = JsonConfig.File(Head + """, "ipvs": {"strictARP": true}}""") with { Inline = JsonConfig.Parse("{\"mode\": \"" + mode + "\"}") };

        Assert.Equal(mode, ArpSettingsReader.NameOf(ArpSettingsReader.Read(both).Settings.Mode));
    }

    [Fact]
    public void Off_as_a_yaml_boolean_is_off() =>
        Assert.Equal(ArpMode.Off, ArpSettingsReader.Read(JsonConfig.Inline("""{"mode": false}""")).Settings.Mode);

    [Fact]
    public void Without_any_configuration_the_uplinks_are_written_to() =>
        Assert.Equal(ArpMode.Interfaces, ArpSettingsReader.Read(new()).Settings.Mode);

    [Theory]
    [InlineData("""{"mode": "strict"}""", "mode", "one of all, interfaces, observe, off is right")]
    [InlineData("""{"interfaces": ["eth0"]}""", "interfaces", "not a mapping")]
    [InlineData("""{"interfaces": {"include": "eth0"}}""", "interfaces.include", "not a list")]
    [InlineData("""{"interfaces": {"exclude": [""]}}""", "interfaces.exclude[0]", "'' is not a text")]
    [InlineData("""{"rivals": {"changes": 0}}""", "rivals.changes", "1 to 1000")]
    [InlineData("""{"kind": "DaemonSet"}""", "kind", "one of KubeProxyConfiguration, MetallbArpConfiguration is right")]
    public void A_bad_key_is_refused_and_the_plugin_observes(string config, string path, string message)
    {
        var result = new MetallbArpPlugin().Configure(JsonConfig.Inline(config));

        var problem = Assert.Single(result.Problems);
        Assert.Equal((true, path), (problem.IsError, problem.Path));
        Assert.Contains(message, problem.Message);
        Assert.True(result.UsesDefaults);
        Assert.Empty(result.Claims.Sysctls);
        Assert.True(result.Observations.Links);
    }

    [Theory]
    [InlineData("""{"mod": "all"}""", "did you mean mode?")]
    [InlineData("""{"mode": "all", "interfaces": {"include": ["eth0"]}}""", "decides nothing in mode all")]
    [InlineData("""{"interfaces": {"includes": ["eth0"]}}""", "did you mean include?")]
    public void What_has_no_effect_is_a_warning(string config, string message)
    {
        var result = new MetallbArpPlugin().Configure(JsonConfig.Inline(config));

        Assert.True(result.IsAccepted);
        Assert.Contains(message, Assert.Single(result.Problems).Message);
    }

    [Theory]
    [InlineData("all", true, true)]
    [InlineData("interfaces", true, true)]
    [InlineData("observe", false, true)]
    [InlineData("off", false, false)]
    public void Claims_and_observations_follow_the_mode(string mode, bool claims, bool observes)
    {
        var result = new MetallbArpPlugin().Configure(JsonConfig.Inline("{\"mode\": \"" + mode + "\"}"));

        EquatableArray<string> paths = ["net/ipv4/conf/*/arp_ignore", "net/ipv4/conf/*/arp_announce"];
        Assert.Equal(claims ? paths : default, result.Claims.Sysctls);
        Assert.Equal(observes ? paths : default, result.Observations.Sysctls);
        Assert.Equal(observes, result.Observations.Links);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var result = new MetallbArpPlugin().Configure(new() { Files = [new() { Path = "/etc/kube-proxy/config.conf" }] });

        Assert.Contains("no such file", Assert.Single(result.Problems).Message);
        Assert.True(result.UsesDefaults);
    }
}
