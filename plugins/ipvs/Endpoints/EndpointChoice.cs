using NetAgent.Plugins.Ipvs.Nodes;

namespace NetAgent.Plugins.Ipvs.Endpoints;

/// <summary>What the traffic policies of a Service port come to in one family.</summary>
/// <param name="InternalIsLocal">internalTrafficPolicy is Local.</param>
/// <param name="ExternalIsLocal">externalTrafficPolicy is Local and the Service's type has external traffic.</param>
/// <param name="HasExternalFrontend">The port has a node port, a load balancer address or an external address.</param>
internal readonly record struct TrafficPolicies(bool InternalIsLocal, bool ExternalIsLocal, bool HasExternalFrontend)
{
    // External traffic is short-circuited to all endpoints for clients in the cluster even under the Local policy (KEP-3685's table).
    public bool UseCluster => !InternalIsLocal || HasExternalFrontend;

    public bool UseLocal => InternalIsLocal || (ExternalIsLocal && HasExternalFrontend);
}

/// <summary>The backends that serve a port's virtual servers.</summary>
internal sealed class EndpointChoice
{
    private readonly List<Backend> _cluster;
    private readonly List<Backend> _local;

    private EndpointChoice(List<Backend> cluster, List<Backend> local, bool hasAny)
    {
        _cluster = cluster;
        _local = local;
        HasAny = hasAny;
    }

    /// <summary>Some endpoint somewhere could serve.</summary>
    public bool HasAny { get; }

    public static EndpointChoice Make(List<Backend> backends, TrafficPolicies policies, NodeView node)
    {
        List<Backend> cluster = [];
        if (policies.UseCluster)
        {
            cluster = TopologyHints.Filter(backends, node);
            if (cluster.Count == 0)
            {
                cluster = backends.FindAll(backend => backend.IsServingTerminating);
            }
        }
        List<Backend> local = [];
        var hasAny = cluster.Count > 0;
        if (policies.UseLocal)
        {
            hasAny |= backends.Exists(backend => backend.IsReady || backend.IsServingTerminating);
            local = backends.FindAll(backend => backend.IsLocal && backend.IsReady);
            if (local.Count == 0)
            {
                local = backends.FindAll(backend => backend.IsLocal && backend.IsServingTerminating);
            }
        }
        return new EndpointChoice(cluster, local, hasAny);
    }

    /// <summary>The backends of a virtual server under its policy.</summary>
    public IReadOnlyList<Backend> For(bool local) => local && _local.Count > 0 ? _local : _cluster;

    /// <summary>
    /// A virtual server under the Local policy has no local backend and gets the cluster's (kubernetes PR 97081): clients in the cluster
    /// are served, replies to outside ones are lost.
    /// </summary>
    public bool FallsBack(bool local) => local && _local.Count == 0;
}
