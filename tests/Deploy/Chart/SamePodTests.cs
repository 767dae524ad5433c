using System.Text.Json.Nodes;
using NetAgent.TestKit;

namespace NetAgent.Deploy.Tests.Chart;

/// <summary>Who installs by chart runs the same pod as who installs by kustomize.</summary>
public sealed class SamePodTests
{
    public static TheoryData<string, string[]> Options => new()
    {
        { "", [] },
        { "legacyIptables=true", ["legacy-iptables"] },
        { "persist=true", ["persist"] },
        { "nodeCondition=true", ["node-condition"] },
        { "legacyIptables=true,persist=true,nodeCondition=true", ["legacy-iptables", "persist", "node-condition"] },
    };

    [Theory, MemberData(nameof(Options))]
    public void Chart_and_kustomize_say_the_same_pod_and_the_same_rights(string values, string[] components)
    {
        var chart = Helm.Render(values.Length == 0 ? [] : ["--set", values]);
        var kustomize = components.Length == 0 ? Kustomize.Base() : Kustomize.Overlay("", components);

        AssertSame(Essentials(kustomize), Essentials(chart));
        AssertSame(Rights(kustomize), Rights(chart));
    }

    [Fact]
    public void A_drop_in_volume_is_the_components_and_its_digests_come_with_the_configuration()
    {
        var digests = $"{new string('a', 64)}  mine/Mine.dll";
        var chart = Helm.Render("--set", "dropIn.enabled=true", "--set-string", $"dropIn.digests={digests}");

        AssertSame(Essentials(Kustomize.Overlay("", "drop-in")), Essentials(chart));
        Assert.Equal(digests, ((string)chart.OfKind("ConfigMap").First(map => map["data"]!["drop-in.sha256"] is not null)["data"]!["drop-in.sha256"]!).Trim());
        Assert.Equal(new("/etc/netagent/drop-in", "/etc/netagent/agent/drop-in.sha256"), AgentFile.Read(chart).DropIn);
    }

    [Fact]
    public void Both_configure_the_agent_alike()
    {
        var (kustomize, chart) = (AgentFile.Read(Kustomize.Base()), AgentFile.Read(Helm.Render()));

        Assert.Equal(kustomize.Plugins, chart.Plugins);
        Assert.Equal(kustomize with { Plugins = [] }, chart with { Plugins = [] });
    }

    // All of the pod and how it is rolled out, but what a release names: its image, labels and the ConfigMap with the API server's address.
    private static JsonObject Essentials(IReadOnlyList<JsonNode> objects)
    {
        var set = objects.OfKind("DaemonSet").Single()["spec"]!.DeepClone().AsObject();
        set.Remove("selector");
        set["template"]!.AsObject().Remove("metadata");
        var pod = set["template"]!["spec"]!.AsObject();
        Sort(pod, "volumes");
        var container = pod["containers"]!.AsArray().Single()!.AsObject();
        Sort(container, "volumeMounts");
        container.Remove("image");
        container.Remove("imagePullPolicy");
        foreach (var variable in container["env"]!.AsArray().Where(variable => variable!["valueFrom"]!["configMapKeyRef"] is not null))
        {
            variable!["valueFrom"]!["configMapKeyRef"]!.AsObject().Remove("name");
        }
        return set;
    }

    private static JsonArray Rights(IReadOnlyList<JsonNode> objects) =>
        [.. objects.OfKind("ClusterRole").SelectMany(role => role["rules"]!.AsArray()).Select(rule => rule!.DeepClone())];

    private static void Sort(JsonObject parent, string key) =>
        parent[key] = new JsonArray([.. parent[key]!.AsArray().Select(item => item!.DeepClone()).OrderBy(item => (string)item["name"]!, StringComparer.Ordinal)]);

    private static void AssertSame(JsonNode expected, JsonNode actual) =>
        Assert.True(JsonNode.DeepEquals(expected, actual), $"kustomize: {expected}\nchart: {actual}");
}
