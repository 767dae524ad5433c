using NetAgent.Cluster.Objects;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Api;

/// <summary>A kind of object to follow, narrowed by what the server can leave out.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Name">For people: <c>services</c>.</param>
/// <param name="Path">Path of the list.</param>
/// <param name="Selectors">labelSelector and fieldSelector, encoded, best first: what follows is used where the server refuses it (400).</param>
internal sealed record Resource(ObjectKind Kind, string Name, string Path, EquatableArray<string> Selectors)
{
    /// <summary>What would let the agent read it.</summary>
    public string Remedy { get; init; } = "the agent's ClusterRole must allow list and watch";

    private const string NotOtherProxies = "!service.kubernetes.io/service-proxy-name";

    public static Resource Services { get; } = new(ObjectKind.Service, "services", "api/v1/services",
    [
        // The field is selectable since Kubernetes 1.35; before, headless Services come along and are left out by the plugins.
        Selector("labelSelector", NotOtherProxies) + "&" + Selector("fieldSelector", "spec.clusterIP!=None"),
        Selector("labelSelector", NotOtherProxies),
    ]);

    // As kube-proxy since Kubernetes 1.35: whose a Service is, its own label says, not those of its slices.
    public static Resource EndpointSlices { get; } = new(ObjectKind.EndpointSlice, "endpointslices", "apis/discovery.k8s.io/v1/endpointslices",
        [Selector("labelSelector", "!service.kubernetes.io/headless")]);

    public static Resource Node(string name) =>
        new(ObjectKind.Node, "nodes", "api/v1/nodes", [Selector("fieldSelector", $"metadata.name={name}")]);

    public static Resource ConfigMap(NamespacedName name) => new(ObjectKind.ConfigMap, $"configmaps {name}",
        $"api/v1/namespaces/{Uri.EscapeDataString(name.Namespace)}/configmaps", [Selector("fieldSelector", $"metadata.name={name.Name}")])
    {
        Remedy = $"a Role in namespace {name.Namespace}, bound to the agent, must allow list and watch of configmaps with resourceNames [{name.Name}]",
    };

    private static string Selector(string parameter, string value) => $"{parameter}={Uri.EscapeDataString(value)}";
}
