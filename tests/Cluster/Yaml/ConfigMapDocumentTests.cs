using NetAgent.Cluster.Yaml;

namespace NetAgent.Cluster.Tests.Yaml;

/// <summary>What kubectl prints of a ConfigMap, given in the place of the configuration that it holds.</summary>
public sealed class ConfigMapDocumentTests
{
    private const string Printed = """
        apiVersion: v1
        data:
          config.conf: |-
            apiVersion: kubeproxy.config.k8s.io/v1alpha1
            kind: KubeProxyConfiguration
            mode: ipvs
          kubeconfig.conf: |-
            apiVersion: v1
            kind: Config
            current-context: default
        kind: ConfigMap
        metadata:
          managedFields:
          - apiVersion: v1
            fieldsV1:
              f:data:
                .: {}
                f:config.conf: {}
            manager: kubeadm
          name: kube-proxy
          namespace: kube-system
        """;

    private const string Json = """
        {
          "apiVersion": "v1",
          "data": {
            "config.conf": "kind: KubeProxyConfiguration\nmode: ipvs\n",
            "kubeconfig.conf": "kind: Config\n"
          },
          "kind": "ConfigMap"
        }
        """;

    [Fact]
    public void Its_configuration_is_read_with_the_lines_of_the_file()
    {
        var root = ConfigNodeReader.Read(Printed).Root!;
        Assert.Equal([("apiVersion", 4), ("kind", 5), ("mode", 6)], root.Entries.Select(entry => (entry.Key, entry.Line)));
        Assert.Equal("ipvs", root.Entries[2].Value.Text);
    }

    [Fact]
    public void As_json_too_where_all_of_it_stands_on_one_line() => Assert.Equal(
        [("kind", 4, 4), ("mode", 4, 4)], ConfigNodeReader.Read(Json).Root!.Entries.Select(entry => (entry.Key, entry.Line, entry.Value.Line)));

    [Fact]
    public void A_List_of_one_is_that_one()
    {
        var list = $"apiVersion: v1\nitems:\n- {Printed.Replace("\n", "\n  ", StringComparison.Ordinal)}\nkind: List\n";
        Assert.Equal([6, 7, 8], ConfigNodeReader.Read(list).Root!.Entries.Select(entry => entry.Line));
        Assert.NotNull(ConfigNodeReader.Read($$"""{"apiVersion": "v1", "kind": "List", "items": [{{Json}}]}""").Root);
    }

    [Theory]
    [InlineData("config", "ip-masq-agent")]
    [InlineData("config", "kube-proxy-config of EKS")]
    [InlineData("anything", "a single key")]
    public void Other_installers_keys_are_known(string key, string who) => Assert.Equal(
        "resyncInterval", ConfigNodeReader.Read($"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {who}}}\ndata:\n  {key}: |\n    resyncInterval: 5s\n").Root!.Entries[0].Key);

    [Fact]
    public void Asked_for_the_kubeconfig_the_one_beside_it_is_read() => InFile(Printed, path =>
    {
        Assert.Equal("Config", ConfigNodeReader.ReadKubeconfig(path, File.ReadAllBytes).Root!.Entries[1].Value.Text);
        Assert.Equal("KubeProxyConfiguration", ConfigNodeReader.ReadFile(path).Root!.Entries[1].Value.Text);
    });

    [Theory]
    [InlineData("data: {a: x, b: y}", "line 1: this is a ConfigMap without a configuration under data (config.conf, config, config.yaml, or a single key); it has a, b")]
    [InlineData("data: {}", "it has no keys")]
    [InlineData("metadata: {name: x}", "it has no keys")]
    [InlineData("data: {kubeconfig.conf: x}", "it has kubeconfig.conf")]
    public void One_without_a_configuration_says_what_it_has(string data, string problem) =>
        Assert.Contains(problem, ConfigNodeReader.Read($"apiVersion: v1\nkind: ConfigMap\n{data}\n").Problem, StringComparison.Ordinal);

    [Fact]
    public void A_List_of_several_says_what_to_do() => Assert.Equal(
        "line 1: this is a List of 2 objects, and a configuration is one; name it, as in kubectl get configmap NAME -o yaml",
        ConfigNodeReader.Read("apiVersion: v1\nkind: List\nitems: [{kind: ConfigMap}, {kind: ConfigMap}]\n").Problem);

    [Theory]
    [InlineData("  config.conf: |\n    a: 1\n    b: [\n", "line 7: ")]
    [InlineData("  config.conf: \"a: 1\\nb: c: d\\n\"\n", "data.config.conf: line 2: ")]
    public void What_does_not_parse_in_it_is_named_by_its_line(string data, string where) =>
        Assert.StartsWith(where, ConfigNodeReader.Read("apiVersion: v1\nkind: ConfigMap\ndata:\n" + data).Problem, StringComparison.Ordinal);

    [Theory]
    [InlineData("kind: ConfigMap\nname: x\n")]
    [InlineData("apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: List\n")]
    [InlineData("- a\n")]
    public void What_is_none_stays_as_it_is(string text) => Assert.NotNull(ConfigNodeReader.Read(text).Root);

    private static void InFile(string text, Action<string> test)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            test(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
