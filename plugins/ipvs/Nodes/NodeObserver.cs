using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Configuration;

namespace NetAgent.Plugins.Ipvs.Nodes;

/// <summary>Draws a <see cref="NodeView"/>, keeping what was known where the host could not read.</summary>
internal static class NodeObserver
{
    public const string VipLink = "kube-ipvs0";

    public static NodeView Observe(Node node, NodeFacts facts, IpvsConfiguration configuration, NodeView? last)
    {
        var ipv4 = NodeAddresses.Primary(IpFamily.IPv4, node.Addresses, configuration.BindAddress);
        var ipv6 = NodeAddresses.Primary(IpFamily.IPv6, node.Addresses, configuration.BindAddress);
        var networks4 = NodeAddresses.NodePortNetworks(IpFamily.IPv4, configuration.NodePortAddresses, ipv4);
        var networks6 = NodeAddresses.NodePortNetworks(IpFamily.IPv6, configuration.NodePortAddresses, ipv6);
        var linksKnown = facts.Links is not null || last is { LinksKnown: true };
        var others = OtherAddresses(node, facts, last);
        return new NodeView
        {
            Name = node.Name,
            Zone = node.Zone,
            IPv4 = ipv4,
            IPv6 = ipv6,
            PodCIDRs = node.PodCIDRs,
            Kernel = facts.KernelVersion,
            Schedulers = facts.IpvsSchedulers ?? last?.Schedulers,
            LinksKnown = linksKnown,
            OtherAddresses = others,
            ForeignAddresses = facts.ForeignAddresses,
            PodNetworks = node.PodCIDRs.Concat(configuration.ClusterCIDRs).Distinct().ToEquatableArray(),
            ExcludesForeignAddresses = configuration.ExcludeForeignAddresses,
            NodePortAddresses = NodeAddresses.ForNodePorts(IpFamily.IPv4, others, networks4)
                .Concat(NodeAddresses.ForNodePorts(IpFamily.IPv6, others, networks6)).ToEquatableArray(),
            NodePortsAreRestricted = !networks4.IsEmpty || !networks6.IsEmpty,
        };
    }

    private static EquatableArray<InetAddress> OtherAddresses(Node node, NodeFacts facts, NodeView? last)
    {
        if (facts.Links is not { } links)
        {
            // A read error is not "no addresses": node ports stay. Before the first good read the Node's own addresses serve.
            return last is { LinksKnown: true } ? last.OtherAddresses : node.Addresses.Distinct().Order().ToEquatableArray();
        }
        return links.Where(link => link.Name != VipLink).SelectMany(link => link.Addresses).Select(prefix => prefix.Address)
            .Distinct().Order().ToEquatableArray();
    }
}
