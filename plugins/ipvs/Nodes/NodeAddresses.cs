using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Configuration;

namespace NetAgent.Plugins.Ipvs.Nodes;

/// <summary>Which of the node's addresses mean the node, and which serve node ports.</summary>
internal static class NodeAddresses
{
    private static readonly InetAddress LoopbackIPv4 = InetAddress.Parse("127.0.0.1");
    private static readonly InetAddress LoopbackIPv6 = InetAddress.Parse("::1");

    /// <summary>kube-proxy's node address of one family: bindAddress, else the Node's first of the family, else loopback.</summary>
    public static InetAddress Primary(IpFamily family, EquatableArray<InetAddress> addresses, InetAddress bindAddress)
    {
        if (bindAddress.Family == family && !bindAddress.IsUnspecified)
        {
            return bindAddress;
        }
        foreach (var address in addresses)
        {
            if (address.Family == family)
            {
                return address;
            }
        }
        return family == IpFamily.IPv6 ? LoopbackIPv6 : LoopbackIPv4;
    }

    /// <summary>
    /// The networks that limit node ports of one family; empty for all addresses. A list without this family means all, as in kube-proxy.
    /// </summary>
    public static EquatableArray<InetPrefix> NodePortNetworks(IpFamily family, NodePortAddresses wanted, InetAddress primary)
    {
        var networks = new List<InetPrefix>();
        foreach (var network in wanted.Networks)
        {
            if (network.Family == family)
            {
                networks.Add(network);
            }
        }
        if (wanted.Primary && !primary.IsLoopback)
        {
            networks.Add(InetPrefix.Host(primary));
        }
        return networks.Any(network => network.Length == 0) ? default : networks.ToEquatableArray();
    }

    /// <summary>Picks the addresses of one family that serve node ports.</summary>
    public static IEnumerable<InetAddress> ForNodePorts(IpFamily family, IEnumerable<InetAddress> addresses,
        EquatableArray<InetPrefix> networks)
    {
        foreach (var address in addresses)
        {
            if (address.Family != family || address.IsLoopback || address.IsUnspecified)
            {
                continue;
            }
            if (networks.IsEmpty ? family != IpFamily.IPv6 || !address.IsLinkLocal : IsIn(networks, address))
            {
                yield return address;
            }
        }
    }

    private static bool IsIn(EquatableArray<InetPrefix> networks, InetAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }
        return false;
    }
}
