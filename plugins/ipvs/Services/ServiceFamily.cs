using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Nodes;

namespace NetAgent.Plugins.Ipvs.Services;

/// <summary>A Service as one family sees it.</summary>
/// <param name="Family">The family.</param>
/// <param name="ClusterIP">Its cluster IP of that family.</param>
/// <param name="ExternalIPs">spec.externalIPs of the family.</param>
/// <param name="LoadBalancerIPs">Load balancer addresses of the family that the node answers for.</param>
/// <param name="SourceRanges">Who may use the load balancer addresses.</param>
/// <param name="NodePortAddresses">The node's addresses for node ports.</param>
internal sealed record ServiceFamily(
    IpFamily Family,
    InetAddress ClusterIP,
    EquatableArray<InetAddress> ExternalIPs,
    EquatableArray<InetAddress> LoadBalancerIPs,
    SourceRanges SourceRanges,
    EquatableArray<InetAddress> NodePortAddresses)
{
    private static readonly InetAddress Broadcast = InetAddress.Parse("255.255.255.255");

    /// <summary>True for a Service that a proxy programs at all.</summary>
    public static bool IsServed(Service service) =>
        service is { IsHeadless: false, ProxyName: null, ClusterIPs.IsEmpty: false } && service.Type != ServiceType.ExternalName;

    /// <summary>The families in which the Service has a cluster IP.</summary>
    public static IEnumerable<ServiceFamily> Of(ServiceContext context)
    {
        var service = context.Service;
        foreach (var family in NodeView.Families)
        {
            if (Usable(service.ClusterIPs, family, "spec.clusterIPs", context) is not [var clusterIP, ..])
            {
                continue;
            }
            var ingress = service.LoadBalancerIngress.Where(entry => !entry.IsProxy).Select(entry => entry.Address);
            var balancers = External(ingress, family, "status.loadBalancer.ingress", context);
            var ranges = SourceRanges.Read(service, family, notices: null);
            if (!balancers.IsEmpty && !ranges.IsRestricted && !service.LoadBalancerSourceRanges.IsEmpty)
            {
                context.Notices.Add(new Notice(Severity.Warning, "SourceRangesOfOtherFamily",
                    $"Service {service.Name}: spec.loadBalancerSourceRanges holds no {family} network, so every {family} client is"
                        + $" admitted to {string.Join(", ", balancers)}, "
                    + $"as by kube-proxy. Add a range, such as {(family == IpFamily.IPv6 ? "::/128" : "0.0.0.0/32")} to admit nobody.")
                {
                    Service = service.Name,
                });
            }
            yield return new ServiceFamily(family, clusterIP,
                External(service.ExternalIPs, family, "spec.externalIPs", context),
                balancers,
                ranges,
                context.Node.NodePortAddresses.Where(address => address.Family == family).ToEquatableArray());
        }
    }

    /// <summary>Unspecified, loopback, multicast or broadcast.</summary>
    public static bool IsOfNoService(InetAddress address) =>
        address.IsUnspecified || address.IsLoopback || address.IsMulticast || address == Broadcast;

    // The API server takes any address. One that another host has becomes this node's own, and that host is out of its reach.
    private static EquatableArray<InetAddress> External(IEnumerable<InetAddress> addresses, IpFamily family, string field,
        ServiceContext context)
    {
        var external = new List<InetAddress>();
        foreach (var address in Usable(addresses, family, field, context))
        {
            var owner = context.Node.OtherOwnerOf(address);
            var service = owner is null ? context.Owners.OtherThan(context.Service.Name, address) : null;
            if (owner is null && service is null)
            {
                external.Add(address);
                continue;
            }
            var isLeftOut = context.Node.ExcludesForeignAddresses;
            var (taken, loss) = owner is not null
                ? (owner.Owner, $"Node {context.Node.Name} takes it for its own and no longer reaches {owner.Loss}")
                : ($"the cluster IP of Service {service}",
                    "On a port that both have only one of them is served, and the other's clients meet the wrong pods");
            context.Notices.Add(new Notice(isLeftOut ? Severity.Warning : Severity.Error, "ForeignAddress",
                $"Service {context.Service.Name}: {field} holds {address}, which is taken: {taken}. "
                + (isLeftOut ? "It is left out (excludeForeignAddresses)."
                    : $"{loss}. Give the Service another address, or let this plugin leave out "
                    + "such addresses: excludeForeignAddresses: true."))
            {
                Service = context.Service.Name,
            });
            if (!isLeftOut)
            {
                external.Add(address);
            }
        }
        return external.ToEquatableArray();
    }

    private static EquatableArray<InetAddress> Usable(IEnumerable<InetAddress> addresses, IpFamily family, string field,
        ServiceContext context)
    {
        var usable = new List<InetAddress>();
        foreach (var address in addresses)
        {
            if (address.Family != family || usable.Contains(address))
            {
                continue;
            }
            // The API server refuses these; from a file or a careless controller they would take the node's own traffic away.
            if (IsOfNoService(address))
            {
                context.Notices.Add(new Notice(Severity.Error, "UnusableAddress",
                    $"Service {context.Service.Name}: {field} holds {address}, which no Service can have. It is left out.")
                {
                    Service = context.Service.Name,
                });
                continue;
            }
            usable.Add(address);
        }
        return usable.ToEquatableArray();
    }
}
