using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner;
using NetAgent.Plugins.ConntrackTuner.Configuration;
using NetAgent.Plugins.ConntrackTuner.Planning;
using NetAgent.Plugins.Tests;

namespace NetAgent.ConntrackTuner.Tests;

public sealed class KubeProxyConntrackTests
{
    private const string Head = """ "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration" """;

    [Theory]
    [InlineData(32768, 131072, 1, 131072)]
    [InlineData(32768, 131072, 4, 131072)]
    [InlineData(32768, 131072, 8, 262144)]
    [InlineData(32768, 131072, 32, 1048576)]
    [InlineData(32768, 131072, 512, 1048576)]
    [InlineData(32768, 0, 2, 65536)]
    [InlineData(1, 4000000, 8, 4000000)]
    [InlineData(1000000, 4000000, 2, 1048576)]
    [InlineData(int.MaxValue, 0, 512, 1048576)]
    public void The_larger_of_cores_and_minimum_counts_and_cores_alone_never_pass_the_cap(int perCore, int min, int cpus, long expected) =>
        Assert.Equal(expected, TableSize.KubeProxyMax(new() { MaxPerCore = perCore, Min = min }, cpus));

    [Fact]
    public void Zero_per_core_leaves_the_table_alone_whatever_the_minimum() =>
        Assert.Null(TableSize.KubeProxyMax(new() { MaxPerCore = 0, Min = 131072 }, 64));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"conntrack": null}""")]
    [InlineData("""{"conntrack": {}}""")]
    [InlineData("""{"conntrack": {"maxPerCore": null, "min": null, "tcpEstablishedTimeout": null, "tcpCloseWaitTimeout": null, "tcpBeLiberal": false, "udpTimeout": "0s", "udpStreamTimeout": "0s"}}""")]
    public void What_kubeadm_leaves_out_or_null_is_kube_proxys_default(string body)
    {
        var node = Configured(body);

        Assert.Equal(new Sysctl(TunedNode.Max, "131072") { Rule = SysctlRule.AtLeast }, node.Row(TunedNode.Max));
        Assert.Equal(("32768", SysctlRule.AtLeast), (node.Row(TunedNode.Buckets).Value, node.Row(TunedNode.Buckets).Rule));
        Assert.Equal("86400", node.Row(TunedNode.Established).Value);
        Assert.Equal("3600", node.Row(KnownSysctls.CloseWait).Value);
        Assert.Equal(4, node.Slice.Sysctls.Rows.Count);
    }

    [Fact]
    public void A_zero_timeout_leaves_the_kernels_value()
    {
        var node = Configured("""{"conntrack": {"maxPerCore": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"}}""");

        Assert.Empty(node.Slice.Sysctls.Rows);
    }

    [Fact]
    public void Be_liberal_is_set_when_true_and_never_taken_back_when_false()
    {
        Assert.Equal("1", Configured("""{"conntrack": {"tcpBeLiberal": true}}""").Row(KnownSysctls.BeLiberal).Value);
        Assert.False(Configured("""{"conntrack": {"tcpBeLiberal": false}}""").HasRow(KnownSysctls.BeLiberal));
    }

    [Fact]
    public void A_larger_table_already_there_is_not_lowered()
    {
        var node = TunedNode.Create(max: 524288, buckets: 131072);
        node.Configure(File("{}"));
        node.Step();

        Assert.Equal(("524288", "131072"), (node.Sysctls[TunedNode.Max], node.Sysctls[TunedNode.Buckets]));
    }

    [Fact]
    public void Buckets_grow_before_max()
    {
        var node = TunedNode.Create(max: 65536, buckets: 16384);
        node.Configure(File("{}"));
        node.Step();

        Assert.Equal([$"{TunedNode.Buckets}=32768", $"{TunedNode.Max}=131072"], node.Writes.Take(2));
    }

    [Fact]
    public void Other_sections_of_the_file_are_nobodys_business_here() =>
        Assert.Empty(new ConntrackTunerPlugin().Configure(File("""{"mode": "ipvs", "ipvs": {"scheduler": 7}, "nonsense": [1]}""")).Problems);

    [Theory]
    [InlineData("""{"conntrack": {"maxPerCore": -1}}""", "conntrack.maxPerCore", "'-1' is out of range; 0 to 2147483647")]
    [InlineData("""{"conntrack": {"maxPerCore": "32768"}}""", "conntrack.maxPerCore", "not a whole number")]
    [InlineData("""{"conntrack": {"min": 2147483648}}""", "conntrack.min", "out of range")]
    [InlineData("""{"conntrack": {"tcpEstablishedTimeout": 86400}}""", "conntrack.tcpEstablishedTimeout", "its unit is missing (ns, us, ms, s, m, h), as in 86400s")]
    [InlineData("""{"conntrack": {"tcpEstablishedTimeout": "1 day"}}""", "conntrack.tcpEstablishedTimeout", "'1 day' is not a duration")]
    [InlineData("""{"conntrack": {"tcpCloseWaitTimeout": "-1h"}}""", "conntrack.tcpCloseWaitTimeout", "out of range")]
    [InlineData("""{"conntrack": {"udpTimeout": "500ms"}}""", "conntrack.udpTimeout", "1s or more is right, or 0s")]
    [InlineData("""{"conntrack": {"udpStreamTimeout": "10000h"}}""", "conntrack.udpStreamTimeout", "out of range")]
    [InlineData("""{"conntrack": {"tcpBeLiberal": "true"}}""", "conntrack.tcpBeLiberal", "without quotes")]
    [InlineData("""{"conntrack": [1]}""", "conntrack", "not a mapping")]
    public void A_bad_value_is_refused_by_name(string body, string path, string message)
    {
        var result = new ConntrackTunerPlugin().Configure(File(body));

        var problem = Assert.Single(result.Problems);
        Assert.True(problem.IsError);
        Assert.Equal(("proxy.json", path), (problem.Source, problem.Path));
        Assert.Contains(message, problem.Message);
        Assert.True(result.UsesDefaults);
        Assert.Empty(result.Claims.Sysctls);
    }

    [Theory]
    [InlineData("min", "0131072", "'0131072' has a leading zero, as octal numbers have; 131072 is right")]
    [InlineData("maxPerCore", "032768", "32768 is right")]
    [InlineData("maxPerCore", "+32768", "'+32768' has a sign; 32768 is right")]
    public void A_number_that_kube_proxy_would_read_as_octal_is_refused(string key, string value, string message)
    {
        var root = JsonConfig.Parse("{" + Head + "}");
        var section = SettingsTests.Mapping("conntrack", SettingsTests.Mapping(key, new() { Kind = ConfigNodeKind.Scalar, Text = value }));
        var result = new ConntrackTunerPlugin().Configure(new()
        {
            Files = [new()
            {
                Path = "proxy.yaml",
                Exists = true,
                Root = new() { Kind = ConfigNodeKind.Mapping, Entries = [.. root.Entries, .. section.Entries] },
            }],
        });

        var problem = Assert.Single(result.Problems);
        Assert.Equal((true, "conntrack." + key), (problem.IsError, problem.Path));
        Assert.Contains(message, problem.Message);
    }

    [Fact]
    public void A_misspelt_key_is_named_with_the_nearest_known_one()
    {
        var problem = Assert.Single(new ConntrackTunerPlugin().Configure(File("""{"conntrack": {"maxPerCores": 1}}""")).Problems);

        Assert.False(problem.IsError);
        Assert.Contains("did you mean maxPerCore?", problem.Message);
    }

    [Fact]
    public void Another_version_of_the_file_is_refused()
    {
        var result = new ConntrackTunerPlugin().Configure(JsonConfig.File("""{"apiVersion": "kubeproxy.config.k8s.io/v1beta1", "kind": "KubeProxyConfiguration"}"""));

        Assert.Contains("kubeproxy.config.k8s.io/v1alpha1 is right", Assert.Single(result.Problems).Message);
    }

    internal static PluginConfiguration File(string body) =>
        JsonConfig.File("{" + Head + (body == "{}" ? "}" : "," + body[1..]));

    private static ModelNode Configured(string body)
    {
        var node = TunedNode.Create();
        var result = node.Configure(File(body));
        Assert.True(result.IsAccepted, string.Join("\n", result.Problems));
        node.Step();
        return node;
    }
}
