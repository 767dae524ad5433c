using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Endpoints;
using NetAgent.Plugins.Ipvs.Nodes;

namespace NetAgent.Plugins.Ipvs.Services;

/// <summary>What all ports of one Service share while its rows are made.</summary>
internal sealed record ServiceContext(
    ServiceEndpoints Entry,
    NodeView Node,
    ServiceWeights Weights,
    string Scheduler,
    AddressBinding Binding,
    ClusterIPOwners Owners,
    ICollection<Notice> Notices)
{
    public Service Service => Entry.Service;

    /// <summary>externalTrafficPolicy counts only where there is external traffic.</summary>
    public bool ExternalIsLocal => Service.ExternalTrafficPolicyLocal
        && (Service.Type is ServiceType.NodePort or ServiceType.LoadBalancer || !Service.ExternalIPs.IsEmpty);

    /// <summary>The Service has a health check port that load balancers probe (KEP-27).</summary>
    public bool HasHealthCheck =>
        Service is { Type: ServiceType.LoadBalancer, ExternalTrafficPolicyLocal: true, HealthCheckNodePort: not 0 };
}
