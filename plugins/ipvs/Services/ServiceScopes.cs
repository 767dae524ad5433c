using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Endpoints;
using NetAgent.Plugins.Ipvs.Nodes;

namespace NetAgent.Plugins.Ipvs.Services;

/// <summary>What one Service left in the slice, so that its next change knows what to take back.</summary>
/// <param name="Scopes">Its scopes.</param>
/// <param name="ClosedToNode">Its load balancer ports that this node may not use.</param>
/// <param name="LacksLocal">Families in which a Local policy has no local backend.</param>
/// <param name="InternalIsLocal">internalTrafficPolicy is Local.</param>
/// <param name="ExternalIsLocal">externalTrafficPolicy is Local and counts.</param>
/// <param name="UsesNodePorts">Depends on the node's addresses for node ports.</param>
/// <param name="ExternalAddresses">Its external addresses: which of them others have, and other interfaces.</param>
internal sealed record ServiceFootprint(
    EquatableArray<string> Scopes,
    EquatableArray<VirtualServerKey> ClosedToNode,
    IReadOnlyCollection<IpFamily> LacksLocal,
    bool InternalIsLocal,
    bool ExternalIsLocal,
    bool UsesNodePorts,
    EquatableArray<InetAddress> ExternalAddresses);

/// <summary>Writes the scopes of one Service: one for each port and family, and one for what concerns it as a whole.</summary>
internal sealed class ServiceScopes(
    string globalScheduler, AddressBinding binding, NodeView node, ClusterIPOwners owners, ISlice slice, RowSet rows)
{
    public ServiceFootprint Write(ServiceEndpoints entry)
    {
        var service = entry.Service;
        var notices = new List<Notice>();
        var weights = ServiceWeights.Read(service, entry.Slices, notices);
        SourceRanges.Read(service, IpFamily.IPv4, notices);
        var context = new ServiceContext(entry, node, weights, SchedulerChoice.For(service, globalScheduler, node, notices), binding,
            owners, notices);

        var scopes = new List<string>();
        var closed = new List<VirtualServerKey>();
        var lacksLocal = new HashSet<IpFamily>();
        var healthCheck = new HealthCheck(context);
        foreach (var family in ServiceFamily.Of(context))
        {
            healthCheck.Add(family);
            foreach (var port in Ports(context))
            {
                rows.Clear();
                var portRows = new PortRows(context, family, port, rows);
                portRows.Add();
                closed.AddRange(portRows.ClosedToNode);
                healthCheck.Add(family, portRows.LocalReady);
                if (portRows.LacksLocal)
                {
                    lacksLocal.Add(family.Family);
                }
                var scope = $"{service.Name}:{port.Name}/{port.Protocol.ToUpperText()}/{family.Family}";
                slice.Replace(scope, rows);
                scopes.Add(scope);
            }
        }
        WriteWhole(service, healthCheck, notices, scopes);
        return new ServiceFootprint(scopes.ToEquatableArray(), closed.ToEquatableArray(), lacksLocal,
            service.InternalTrafficPolicyLocal, context.ExternalIsLocal,
            context.HasHealthCheck || service.Ports.Any(port => port.NodePort != 0),
            service.ExternalIPs.Concat(service.LoadBalancerIngress.Select(entry => entry.Address)).ToEquatableArray());
    }

    private void WriteWhole(Service service, HealthCheck healthCheck, List<Notice> notices, List<string> scopes)
    {
        rows.Clear();
        healthCheck.AddTo(rows);
        foreach (var notice in notices.Distinct())
        {
            rows.Notices.Add(notice);
        }
        if (rows.HealthCheckPorts.Count + rows.IpSetEntries.Count + rows.Notices.Count > 0)
        {
            slice.Replace(service.Name.ToString(), rows);
            scopes.Add(service.Name.ToString());
        }
    }

    /// <summary>The ports that can be programmed; each name and protocol once.</summary>
    private static List<ServicePort> Ports(ServiceContext context)
    {
        var ports = new List<ServicePort>();
        foreach (var port in context.Service.Ports)
        {
            var fault = port.Port == 0 ? "has no number from 1 to 65535"
                : port.Protocol == IpProtocol.None ? "has a protocol other than TCP, UDP and SCTP"
                : ports.Exists(other => other.Name == port.Name && other.Protocol == port.Protocol)
                    ? "has the name and protocol of one before it"
                : null;
            if (fault is not null)
            {
                context.Notices.Add(new Notice(Severity.Error, "InvalidPort",
                    $"Service {context.Service.Name}: port \"{port.Name}\" {port.Port}/{port.Protocol.ToUpperText()} {fault}. It is left out.")
                {
                    Service = context.Service.Name,
                });
                continue;
            }
            ports.Add(port);
        }
        return ports;
    }
}
