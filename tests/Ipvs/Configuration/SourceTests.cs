using NetAgent.Contracts;
using NetAgent.Ipvs.Tests.Recordings;
using NetAgent.Plugins.Ipvs;

namespace NetAgent.Ipvs.Tests.Configuration;

/// <summary>Where a configuration comes from: files, config:, neither, both.</summary>
public sealed class SourceTests
{
    private const string Header = "\"apiVersion\": \"kubeproxy.config.k8s.io/v1alpha1\", \"kind\": \"KubeProxyConfiguration\"";

    [Fact]
    public void Neither_file_nor_config_is_the_defaults() => Assert.True(new IpvsPlugin().Configure(new PluginConfiguration()).IsAccepted);

    [Fact]
    public void Config_overrides_single_values_of_the_file()
    {
        var result = new IpvsPlugin().Configure(File($$"""{ {{Header}}, "ipvs": {"syncPeriod": "40s", "minSyncPeriod": "3s"} }""") with
        {
            Inline = ConfigJson.Read("""{"ipvs": {"syncPeriod": "50s"}}"""),
        });
        Assert.Empty(result.Problems);
        Assert.Equal((TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(3)), (result.Period, result.MinimumPeriod));
    }

    [Theory]
    [InlineData("""{"kind": "KubeProxyConfiguration"}""", "apiVersion")]
    [InlineData("""{"apiVersion": "kubeproxy.config.k8s.io/v1alpha1"}""", "kind")]
    public void A_file_must_say_what_it_is(string text, string path)
    {
        var problem = Assert.Single(new IpvsPlugin().Configure(File(text)).Problems);
        Assert.Equal((true, path), (problem.IsError, problem.Path));
        Assert.Contains("missing", problem.Message);
    }

    [Theory]
    [InlineData(false, null, "no such file")]
    [InlineData(true, null, "kind: KubeProxyConfiguration is right")]
    [InlineData(true, "line 3: mapping values are not allowed", "line 3")]
    public void A_file_that_cannot_be_read_is_refused_by_name(bool exists, string? problem, string expected)
    {
        var result = new IpvsPlugin().Configure(new PluginConfiguration
        {
            Files = [new ConfigurationFile
        {
            Path = "/etc/proxy.yaml",
            Exists = exists,
            Problem = problem,
        }]
        });
        Assert.False(result.IsAccepted);
        Assert.False(result.UsesDefaults);
        Assert.Contains("/etc/proxy.yaml: ", result.Problems[0].ToString());
        Assert.Contains(result.Problems, problem => problem.Message.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void A_document_that_is_a_list_is_refused() =>
        Assert.False(new IpvsPlugin().Configure(new PluginConfiguration { Inline = ConfigJson.Read("[1]") }).IsAccepted);

    [Fact]
    public void Arguments_are_refused_by_name()
    {
        var problem = Assert.Single(new IpvsPlugin().Configure(new PluginConfiguration { Arguments = ["--ipvs-scheduler=lc"] }).Problems);
        Assert.Equal((true, "--ipvs-scheduler=lc"), (problem.IsError, problem.Path));
    }

    [Fact]
    public void Problems_come_in_the_order_of_the_file() => Assert.Equal(
        ["zone", "ipvs.syncPeriod", "iptables.masqueradeBit"],
        new IpvsPlugin().Configure(new PluginConfiguration { Inline = ConfigJson.Read("""{"zone": 1, "ipvs": {"syncPeriod": "x"}, "iptables": {"masqueradeBit": 99}}""") })
            .Problems.Select(problem => problem.Path));

    private static PluginConfiguration File(string json) => new()
    {
        Files = [new ConfigurationFile
    {
        Path = "proxy.json",
        Exists = true,
        Root = ConfigJson.Read(json),
    }]
    };
}
