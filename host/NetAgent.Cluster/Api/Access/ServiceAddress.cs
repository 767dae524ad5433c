using System.Net;

namespace NetAgent.Cluster.Api.Access;

/// <summary>
/// Whether the API server is asked for at the ClusterIP of Service default/kubernetes, which is what a pod's environment holds unless its
/// manifest says otherwise: where this agent serves ClusterIPs, nobody serves that one after a boot until the agent has read the cluster
/// through it.
/// </summary>
internal static class ServiceAddress
{
    private const string Remedy = "give the API server's own address, in a kubeconfig or as KUBERNETES_SERVICE_HOST and "
        + "KUBERNETES_SERVICE_PORT in the agent's environment";

    /// <summary>Why a server that does not answer never will; null where that is not known.</summary>
    public static string? WhyUnserved(Uri server, ApiServerOptions options)
    {
        // Of a name nobody knows whether anybody serves it: it is not even resolved.
        if (server.IdnHost.StartsWith("kubernetes.default", StringComparison.OrdinalIgnoreCase))
        {
            return $"{server.IdnHost} is the name of a Service, and this node reaches Services and their DNS only once this agent, or another "
                + $"proxy, has programmed them: {Remedy}";
        }
        return AddressOf(server) is { } address && Uri.TryCreate(options.KubernetesService, UriKind.Absolute, out var service)
            && address.Equals(AddressOf(service)) && !options.IsServed(new(address, server.Port))
            ? $"{server.Authority} is the ClusterIP of Service default/kubernetes, and this node's IPVS has no virtual server for it: unless "
                + $"another proxy serves it here, nobody does before this agent has read the cluster; {Remedy}"
            : null;
    }

    private static IPAddress? AddressOf(Uri uri) => IPAddress.TryParse(uri.DnsSafeHost, out var address) ? address : null;
}
