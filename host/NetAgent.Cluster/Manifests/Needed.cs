using NetAgent.Cluster.Objects;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Manifests;

/// <summary>What an object from an API server always has and one that somebody wrote may lack: without it nothing of the object is served.</summary>
internal static class Needed
{
    /// <summary>What a well-formed object lacks: field and what would be right; null when it has all that it needs.</summary>
    public static (string Field, string Expected)? LackedBy(ObjectKind kind, ConfigNode node, in ObjectMetadata metadata, object? value) => kind switch
    {
        ObjectKind.Service when value is Service { ClusterIPs.IsEmpty: true, IsHeadless: false, Type: not ServiceType.ExternalName, ProxyName: null } =>
            ("spec.clusterIP", "must be given, for no API server stands here to allocate one; None for a headless Service"),
        ObjectKind.EndpointSlice when !metadata.IsHeadless => Slice(node, metadata, value as EndpointSlice),
        _ => null,
    };

    private static (string Field, string Expected)? Slice(ConfigNode node, in ObjectMetadata metadata, EndpointSlice? slice)
    {
        if (node.Entries.All(entry => entry.Key != "endpoints"))
        {
            return ("endpoints", "must be given; [] for none");
        }
        var hasEndpoints = node.Entries.Any(entry => entry is { Key: "endpoints", Value.Items.Count: > 0 });
        if (hasEndpoints && metadata.ServiceName is not { Length: > 0 })
        {
            return ($"metadata.labels.{ObjectMetadata.ServiceNameLabel}", "must be given: the Service whose endpoints these are");
        }
        return slice is { Endpoints.IsEmpty: false, Ports.IsEmpty: true } && node.Entries.All(entry => entry is not { Key: "ports", Value.Items.Count: > 0 })
            ? ("ports", "must be given, or none of the endpoints serves anything")
            : null;
    }
}
