using System.Net.NetworkInformation;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Routes;

namespace NetAgent.Dataplane.Arp;

/// <summary>The links on which neighbours may be asked.</summary>
public static class ArpLinks
{
    /// <summary>
    /// Up, speaking ARP, with an IPv4 address of its own, no port of a bridge or bond (its master asks, on all of them) and no pod's: a
    /// pod's end of a veth pair has no address on this side, or only the gateway's, and asking there finds ourselves.
    /// </summary>
    /// <exception cref="KernelException">Links cannot be read.</exception>
    public static IReadOnlyList<string> Uplinks()
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        return [.. new LinkObserver(connection).Observe().Where(IsUplink).Select(link => link.Name)];
    }

    /// <summary>The link's IPv4 addresses, each with its network; none where there is no such link.</summary>
    public static IReadOnlyList<InetPrefix> AddressesOf(string link) =>
        [.. NetworkInterface.GetAllNetworkInterfaces().Where(i => i.Name == link)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => new InetPrefix(InetAddress.FromIPAddress(a.Address), (byte)a.PrefixLength))
            .Where(p => p.Family == IpFamily.IPv4)];

    internal static bool IsUplink(LinkFacts link) =>
        link is { IsUp: true, IsLoopback: false, IsNoArp: false, MasterIndex: 0 } && link.Addresses.Any(a => a.Family == IpFamily.IPv4)
        && !Array.Exists(ForPods, prefix => link.Name.StartsWith(prefix, StringComparison.Ordinal));

    private static readonly string[] ForPods = ["veth", "cali", "lxc", "kube-"];
}
