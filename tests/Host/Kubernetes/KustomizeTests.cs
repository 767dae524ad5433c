using System.Text.Json.Nodes;
using NetAgent.TestKit;

namespace NetAgent.Host.Tests.Kubernetes;

/// <summary>What deploy/kustomize becomes in other people's overlays.</summary>
public sealed class KustomizeTests
{
    private static readonly string[] Components = ["node-condition", "legacy-iptables", "persist", "drop-in"];

    [Fact]
    public void An_overlays_namespace_moves_everything_that_has_one_with_the_bindings_subjects()
    {
        var objects = Kustomize.Overlay("namespace: kube-system", Components);

        Assert.All(objects.Where(o => (string)o["kind"]! is not ("ClusterRole" or "ClusterRoleBinding")), o => Assert.Equal("kube-system", (string?)o["metadata"]!["namespace"]));
        var subjects = objects.OfKind("ClusterRoleBinding").SelectMany(binding => binding["subjects"]!.AsArray()).ToArray();
        Assert.Equal(2, subjects.Length);
        Assert.All(subjects, subject => Assert.Equal("kube-system", (string?)subject!["namespace"]));
    }

    [Fact]
    public void The_Namespace_is_no_part_of_the_base_which_an_overlay_would_rename()
    {
        Assert.Empty(Kustomize.Base().OfKind("Namespace"));
        Assert.True(File.Exists(Path.Combine(Kustomize.Folder, "namespace.yaml")));
    }

    [Fact]
    public void The_clusters_own_ConfigMaps_are_mounted_and_never_replaced_by_placeholders()
    {
        var objects = Kustomize.Base();

        Assert.Equal(["netagent"], objects.OfKind("ConfigMap").Select(map => (string)map["metadata"]!["name"]!));
        // The keys that kubeadm and ip-masq-agent's own manifests use; without the first the pod does not start.
        Assert.Equal(("config.conf", null), KeyOf("kube-proxy"));
        Assert.Equal(("config", true), KeyOf("ip-masq-agent"));

        (string Key, bool? IsOptional) KeyOf(string name)
        {
            var map = objects.Pod()["volumes"]!.AsArray().Select(volume => volume!["configMap"]).Single(map => (string?)map?["name"] == name)!;
            return ((string)map["items"]!.AsArray().Single()!["key"]!, (bool?)map["optional"]);
        }
    }

    [Fact]
    public void A_rollout_goes_through_500_nodes_in_ten_steps_and_stops_at_a_version_that_is_not_ready()
    {
        var set = Kustomize.Base().OfKind("DaemonSet").Single()["spec"]!;

        Assert.Equal("10%", (string?)set["updateStrategy"]!["rollingUpdate"]!["maxUnavailable"]);
        Assert.True((int)set["minReadySeconds"]! > 0);
        Assert.Equal("/readyz", (string?)Kustomize.Base().Container()["readinessProbe"]!["httpGet"]!["path"]);
    }

    [Fact]
    public void Only_what_plugins_write_is_mounted_and_each_component_adds_its_own_path_alone()
    {
        string[] Writable(IReadOnlyList<JsonNode> objects) => [.. HostPaths(objects).Where(mount => !mount.IsReadOnly).Select(mount => mount.Path).Order(StringComparer.Ordinal)];
        string[] plain = ["/proc/sys/net", "/var/lib/netagent"];

        Assert.Equal(plain, HostPaths(Kustomize.Base()).Select(mount => mount.Path).Order(StringComparer.Ordinal));
        Assert.Equal(plain, Writable(Kustomize.Base()));
        Assert.Equal([.. plain.Prepend("/etc/sysctl.d")], Writable(Kustomize.Overlay("", "persist")));
        Assert.Equal(["/proc/sys/net", "/run/xtables.lock", "/var/lib/netagent"], Writable(Kustomize.Overlay("", "legacy-iptables")));
        Assert.Equal(plain, Writable(Kustomize.Overlay("", "drop-in")));
        Assert.Contains(("/etc/netagent/drop-in", true), HostPaths(Kustomize.Overlay("", "drop-in")));
        Assert.Equal(["NET_ADMIN"], Capabilities(Kustomize.Overlay("", "persist", "drop-in", "node-condition")));
        Assert.Equal(["NET_ADMIN", "NET_RAW"], Capabilities(Kustomize.Overlay("", Components)));

        static string[] Capabilities(IReadOnlyList<JsonNode> objects) =>
            [.. objects.Container()["securityContext"]!["capabilities"]!["add"]!.AsArray().Select(capability => (string)capability!)];
    }

    private static IReadOnlyList<(string Path, bool IsReadOnly)> HostPaths(IReadOnlyList<JsonNode> objects) =>
    [
        .. from volume in objects.Pod()["volumes"]!.AsArray()
           where volume["hostPath"] is not null
           from mount in objects.Container()["volumeMounts"]!.AsArray()
           where (string?)mount["name"] == (string?)volume["name"]
           select ((string)volume["hostPath"]!["path"]!, (bool?)mount["readOnly"] ?? false),
    ];

    [Fact]
    public void What_the_lab_reads_unrendered_is_the_pod_that_is_rendered()
    {
        var (rendered, read) = (Kustomize.Overlay("", Components), Kustomize.Unrendered(Components));
        foreach (var list in (string[])["volumes", "containers/0/volumeMounts", "containers/0/securityContext/capabilities/add"])
        {
            Assert.Equal(Items(rendered, list), Items(read, list));
        }

        static IEnumerable<string> Items(IReadOnlyList<JsonNode> objects, string path) => path.Split('/')
            .Aggregate(objects.Pod(), (node, key) => node is JsonArray array ? array[0]! : node[key]!).AsArray()
            .Select(item => Text(item!))
            .Order(StringComparer.Ordinal);

        // kustomize sorts keys.
        static string Text(JsonNode node) => node is JsonObject mapping
            ? $"{{{string.Join(',', mapping.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}: {Text(pair.Value!)}"))}}}"
            : node is JsonArray array ? $"[{string.Join(',', array.Select(item => Text(item!)))}]" : node.ToJsonString();
    }
}
