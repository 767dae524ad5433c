using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Routes;

/// <summary>The node's interfaces for <see cref="NodeFacts"/>.</summary>
internal sealed class LinkObserver(NetlinkConnection connection)
{
    /// <summary>All links, ordered by index, with their addresses in order.</summary>
    /// <exception cref="KernelException">A dump failed: what was known stays true for all anybody knows.</exception>
    public EquatableArray<LinkFacts> Observe()
    {
        var links = connection.ReadLinks();
        var addresses = connection.ReadAddresses().ToLookup(pair => pair.LinkIndex, pair => pair.Address);
        var routed = connection.ReadRoutedLinks(IpFamily.IPv4);
        routed.UnionWith(connection.ReadRoutedLinks(IpFamily.IPv6));
        return links.OrderBy(link => link.Index).Select(link => new LinkFacts
        {
            Index = link.Index,
            Name = link.Name,
            Kind = link.Kind,
            IsUp = (link.Flags & RtnetlinkFormat.IsUp) != 0,
            IsLoopback = (link.Flags & RtnetlinkFormat.IsLoopback) != 0,
            IsNoArp = (link.Flags & RtnetlinkFormat.IsNoArp) != 0,
            MasterIndex = link.MasterIndex,
            Addresses = addresses[link.Index].Order().ToEquatableArray(),
            HasRoutes = routed.Contains(link.Index),
        }).ToEquatableArray();
    }
}
