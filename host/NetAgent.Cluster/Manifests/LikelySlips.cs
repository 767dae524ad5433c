using NetAgent.Cluster.Objects;
using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Cluster.Manifests;

/// <summary>A key that stands for another: an API server would drop it (kubectl refuses it), and what was meant would be missing without a word.</summary>
/// <param name="Path">Where: <c>spec.loadBalancerSourceRange</c>.</param>
/// <param name="Meant">The key that was most likely meant.</param>
/// <param name="IsVital">Without what was meant the object opens, or serves nothing: it must not be taken as it is.</param>
internal readonly record struct LikelySlip(string Path, string Meant, bool IsVital);

/// <summary>
/// Slips of the pen that make an object vanish, or a part of it: a kind, a version or a key within two edits of one in use. What is further
/// off, or belongs to another API group, is somebody else's or of a later Kubernetes.
/// </summary>
internal static class LikelySlips
{
    private const int Edits = 2;

    private static readonly Keys Metadata = new(["name", "namespace", "labels"], ["annotations", "generateName"], [], []);
    private static readonly Keys ServicePort = new(["port"], ["appProtocol", "name", "nodePort", "protocol", "targetPort"], [], []);
    private static readonly Keys ServiceSpec = new(
        ["clusterIP", "clusterIPs", "ports", "loadBalancerSourceRanges"],
        ["externalIPs", "externalTrafficPolicy", "healthCheckNodePort", "internalTrafficPolicy", "sessionAffinity", "sessionAffinityConfig", "type"],
        ["allocateLoadBalancerNodePorts", "externalName", "ipFamilies", "ipFamily", "ipFamilyPolicy", "loadBalancerClass", "loadBalancerIP", "publishNotReadyAddresses",
            "selector", "topologyKeys", "trafficDistribution"],
        new() { ["ports"] = ServicePort });
    private static readonly Keys Service = new(["metadata", "spec"], ["status"], ["apiVersion", "kind"], new() { ["metadata"] = Metadata, ["spec"] = ServiceSpec });
    private static readonly Keys Endpoint = new(
        [], ["conditions", "hints", "nodeName", "zone"], ["addresses", "deprecatedTopology", "hostname", "targetRef", "topology"],
        new() { ["conditions"] = new([], ["ready", "serving", "terminating"], [], []) });
    private static readonly Keys SlicePort = new(["port", "name", "protocol"], [], ["appProtocol"], []);
    private static readonly Keys Slice = new(
        ["metadata", "endpoints", "ports", "addressType"], [], ["apiVersion", "kind"], new() { ["metadata"] = Metadata, ["endpoints"] = Endpoint, ["ports"] = SlicePort });

    // Vital and used ones are read here; the others are known to the API.
    private sealed record Keys(string[] Vital, string[] Used, string[] Others, Dictionary<string, Keys> Below);

    /// <summary>What is wrong with the kind or version of an object that nothing reads; null when it is nobody's business here.</summary>
    public static SourceProblem? OfKind(string kind, string? version, string where)
    {
        if (Enum.TryParse<ObjectKind>(kind, out var exact))
        {
            var right = exact == ObjectKind.EndpointSlice ? "discovery.k8s.io/v1" : "v1";
            return string.IsNullOrEmpty(version) ? new($"{where}, {kind}", "apiVersion", "", $"must be given: {right}")
                : IsOfOurs(version) ? new($"{where}, {kind}", "apiVersion", version, $"must be {right}")
                : null;
        }
        var meant = Nearest(kind, Enum.GetNames<ObjectKind>());
        return meant is null || !IsOfOurs(version) ? null : NoKind(kind, meant, where);
    }

    /// <summary>What is wrong with the kind of something that has items; null when it is no List misspelt.</summary>
    public static SourceProblem? OfList(string kind, ConfigNode node, string where) =>
        node.Find("items") is not null && Nearest(kind, ["List", "ServiceList", "EndpointSliceList"]) is { } meant
            ? NoKind(kind, meant, where)
            : null;

    /// <summary>Keys of a Service or EndpointSlice that stand for others.</summary>
    public static IReadOnlyList<LikelySlip> OfKeys(ObjectKind kind, ConfigNode node)
    {
        var found = new List<LikelySlip>();
        if (kind is ObjectKind.Service or ObjectKind.EndpointSlice)
        {
            Find(node, kind == ObjectKind.Service ? Service : Slice, "", found);
        }
        if (kind == ObjectKind.EndpointSlice && node.Find("metadata").Find("labels") is { } labels && labels.Find(ObjectMetadata.ServiceNameLabel) is null)
        {
            found.AddRange(labels.Entries.Where(label => Nearest(label.Key, [ObjectMetadata.ServiceNameLabel]) is not null)
                .Select(label => new LikelySlip($"metadata.labels.{label.Key}", ObjectMetadata.ServiceNameLabel, true)));
        }
        return found;
    }

    private static SourceProblem NoKind(string kind, string meant, string where) =>
        new($"{where}, {kind}", "kind", kind, $"is no kind of Kubernetes'; did you mean {meant}?");

    // Of no group, of the core group or of EndpointSlice's, however spelt.
    private static bool IsOfOurs(string? version) => version?.IndexOf('/', StringComparison.Ordinal) is not { } slash || slash < 0
        || version[..slash] is "core" || version.StartsWith("discovery", StringComparison.Ordinal);

    private static void Find(ConfigNode node, Keys keys, string path, List<LikelySlip> found)
    {
        for (var i = 0; node.Kind == ConfigNodeKind.Sequence && i < node.Items.Count; i++)
        {
            Find(node.Items[i], keys, $"{path}[{i}]", found);
        }
        foreach (var (key, value) in node.Kind == ConfigNodeKind.Mapping ? node.Entries.Select(entry => (entry.Key, entry.Value)) : [])
        {
            var here = path.Length == 0 ? key : $"{path}.{key}";
            if (keys.Below.GetValueOrDefault(key) is { } below)
            {
                Find(value, below, here, found);
            }
            else if (!keys.Vital.Contains(key) && !keys.Used.Contains(key) && !keys.Others.Contains(key))
            {
                if (Nearest(key, keys.Vital) is { } vital)
                {
                    found.Add(new(here, vital, true));
                }
                else if (Nearest(key, keys.Used) is { } used)
                {
                    found.Add(new(here, used, false));
                }
            }
        }
    }

    // Of a word of four letters one edit: a Pod is two from a Node.
    private static string? Nearest(string word, string[] known) =>
        NearestName.Of(word, known.Where(name => name.Length <= 4), 1) ?? NearestName.Of(word, known.Where(name => name.Length > 4), Edits);
}
