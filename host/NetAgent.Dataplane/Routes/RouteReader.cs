using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Routes;

/// <summary>Questions about addresses and routes.</summary>
internal static class RouteReader
{
    /// <summary>Every address of the namespace with the index of its link.</summary>
    /// <exception cref="KernelException">The dump failed.</exception>
    public static List<(int LinkIndex, InetPrefix Address)> ReadAddresses(this NetlinkConnection connection) => connection.Ask(
        "RTM_GETADDR", 0, static (ref writer, _) => AddressCodec.WriteDump(ref writer), static () => new List<(int, InetPrefix)>(),
        static (message, addresses) =>
        {
            if (message.Type == RtnetlinkFormat.NewAddress && AddressCodec.TryRead(message, out var link, out var address))
            {
                addresses.Add((link, address));
            }
        });

    /// <summary>Local routes of one address that an administrator made, or that the kernel made for the addresses of links.</summary>
    /// <exception cref="KernelException">The dump failed.</exception>
    public static List<Route> ReadLocalRoutes(
        this NetlinkConnection connection, IpFamily family, byte protocol = RtnetlinkFormat.ByAdministrator) => connection.ReadRoutes(
        family, RtnetlinkFormat.TableLocal, protocol, RtnetlinkFormat.TypeLocal, (message, routes) =>
        {
            if (RouteCodec.TryRead(message, out var route)
                && route is { Table: RtnetlinkFormat.TableLocal, Type: RtnetlinkFormat.TypeLocal } && route.Protocol == protocol
                && route.Destination.Length == route.Destination.Address.BitCount)
            {
                routes.Add(route);
            }
        },
        static () => new List<Route>());

    /// <summary>Indexes of links that a unicast route leaves through. The fe80::/64 that every IPv6 link has does not count.</summary>
    /// <exception cref="KernelException">The dump failed.</exception>
    public static HashSet<int> ReadRoutedLinks(this NetlinkConnection connection, IpFamily family) => connection.ReadRoutes(
        family, 0, 0, RtnetlinkFormat.TypeUnicast, static (message, links) =>
        {
            var through = new List<int>(1);
            if (RouteCodec.TryRead(message, out var route, through)
                && route is { Type: RtnetlinkFormat.TypeUnicast, Table: not RtnetlinkFormat.TableLocal }
                && !route.Destination.Address.IsLinkLocal && !route.Destination.Address.IsMulticast)
            {
                links.UnionWith(through);
            }
        },
        static () => new HashSet<int>());

    /// <summary>Gateways of the default routes of a family.</summary>
    /// <exception cref="KernelException">The dump failed.</exception>
    public static HashSet<InetAddress> ReadDefaultGateways(this NetlinkConnection connection, IpFamily family) => connection.ReadRoutes(
        family, 0, 0, RtnetlinkFormat.TypeUnicast, RouteCodec.ReadDefaultGateways, static () => new HashSet<InetAddress>());

    private static TResult ReadRoutes<TResult>(this NetlinkConnection connection, IpFamily family, byte table, byte protocol, byte type,
        MessageReader<TResult> read, Func<TResult> empty)
    {
        try
        {
            return connection.Ask(
                "RTM_GETROUTE", (family, table, protocol, type),
                static (ref writer, wanted) => RouteCodec.WriteDump(ref writer, wanted.family, wanted.table, wanted.protocol, wanted.type),
                empty,
                (message, routes) =>
                {
                    if (message.Type == RtnetlinkFormat.NewRoute)
                    {
                        read(message, routes);
                    }
                });
        }
        catch (KernelException e) when (e.Errno is Errno.NoEntry or Errno.NotSupported)
        {
            // No such table before its first route; no such family in a kernel without it.
            return empty();
        }
    }
}
