using k8s.Autorest;
using NetAgent.Cluster.Objects;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Api;

/// <summary>Lists or watches one kind of object; the answer is unread.</summary>
internal delegate Task<HttpResponseMessage> ListCall(ApiClient client, ListQuery query, CancellationToken cancellationToken);

/// <summary>A kind of object to follow, narrowed by what the server can leave out.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Name">For people: <c>services</c>.</param>
/// <param name="ListAsync">The call.</param>
/// <param name="Selections">Selectors, best first: what follows is used where the server refuses it (400).</param>
internal sealed record Resource(ObjectKind Kind, string Name, ListCall ListAsync, EquatableArray<ListQuery> Selections)
{
    private const string NotOtherProxies = "!service.kubernetes.io/service-proxy-name";

    private static readonly ListCall ListNodes = async (client, q, cancellationToken) => Unread(
        await client.CoreV1.ListNodeWithHttpMessagesAsync(
            q.AllowWatchBookmarks, q.Continue, q.FieldSelector, q.LabelSelector, q.Limit, q.ResourceVersion, q.ResourceVersionMatch,
            q.SendInitialEvents, timeoutSeconds: q.TimeoutSeconds, watch: q.Watch, cancellationToken: cancellationToken));

    /// <summary>What would let the agent read it.</summary>
    public string Remedy { get; init; } = "the agent's ClusterRole must allow list and watch";

    public static Resource Services { get; } = new(ObjectKind.Service, "services",
        async (client, q, cancellationToken) => Unread(await client.CoreV1.ListServiceForAllNamespacesWithHttpMessagesAsync(
            q.AllowWatchBookmarks, q.Continue, q.FieldSelector, q.LabelSelector, q.Limit, null, q.ResourceVersion, q.ResourceVersionMatch,
            q.SendInitialEvents, timeoutSeconds: q.TimeoutSeconds, watch: q.Watch, cancellationToken: cancellationToken)),
        [
            // The field is selectable since Kubernetes 1.35; before, headless Services come along and are left out by the plugins.
            new() { LabelSelector = NotOtherProxies, FieldSelector = "spec.clusterIP!=None" },
            new() { LabelSelector = NotOtherProxies },
        ]);

    // As kube-proxy since Kubernetes 1.35: whose a Service is, its own label says, not those of its slices.
    public static Resource EndpointSlices { get; } = new(ObjectKind.EndpointSlice, "endpointslices",
        async (client, q, cancellationToken) => Unread(await client.DiscoveryV1.ListEndpointSliceForAllNamespacesWithHttpMessagesAsync(
            q.AllowWatchBookmarks, q.Continue, q.FieldSelector, q.LabelSelector, q.Limit, null, q.ResourceVersion, q.ResourceVersionMatch,
            q.SendInitialEvents, timeoutSeconds: q.TimeoutSeconds, watch: q.Watch, cancellationToken: cancellationToken)),
        [new() { LabelSelector = "!service.kubernetes.io/headless" }]);

    /// <summary>Every Node; takes a right that the agent itself does not need.</summary>
    public static Resource Nodes { get; } = new(ObjectKind.Node, "nodes", ListNodes, [new()]);

    public static Resource Node(string name) =>
        new(ObjectKind.Node, "nodes", ListNodes, [new() { FieldSelector = $"metadata.name={name}" }]);

    public static Resource ConfigMap(NamespacedName name) => new(ObjectKind.ConfigMap, $"configmaps {name}",
        async (client, q, cancellationToken) => Unread(await client.CoreV1.ListNamespacedConfigMapWithHttpMessagesAsync(
            Uri.EscapeDataString(name.Namespace), q.AllowWatchBookmarks, q.Continue, q.FieldSelector, q.LabelSelector, q.Limit,
            q.ResourceVersion,
            q.ResourceVersionMatch, q.SendInitialEvents, timeoutSeconds: q.TimeoutSeconds, watch: q.Watch,
            cancellationToken: cancellationToken)),
        [new() { FieldSelector = $"metadata.name={name.Name}" }])
    {
        Remedy = $"a Role in namespace {name.Namespace}, bound to the agent, must allow list and watch of configmaps with resourceNames "
            + $"[{name.Name}]",
    };

    private static HttpResponseMessage Unread(HttpOperationResponse response) => response.Response;
}
