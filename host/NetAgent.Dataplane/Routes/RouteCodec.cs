using System.Runtime.InteropServices;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Routes;

/// <summary>What RTM_NEWROUTE tells of a route, as far as it matters here.</summary>
/// <param name="Destination">Where to; length 0 for a default route.</param>
/// <param name="Table">RT_TABLE_*.</param>
/// <param name="Protocol">Who made it (RTPROT_*).</param>
/// <param name="Type">RTN_*.</param>
/// <param name="LinkIndex">The first link that it leaves through, or 0.</param>
internal readonly record struct Route(InetPrefix Destination, uint Table, byte Protocol, byte Type, int LinkIndex);

/// <summary>RTM_*ROUTE messages.</summary>
internal static class RouteCodec
{
    private const int NextHopLength = 8; // struct rtnexthop

    /// <summary>
    /// Asks for routes of a type and, unless 0, of a table and protocol. Kernels before 4.20 send all the same: look at what comes.
    /// </summary>
    public static void WriteDump(ref NetlinkWriter writer, IpFamily family, byte table, byte protocol, byte type)
    {
        var message = writer.BeginMessage(RtnetlinkFormat.GetRoute, NetlinkFlags.Dump);
        var header = writer.TakeHeader(RtnetlinkFormat.RouteHeaderLength);
        header[0] = (byte)family;
        header[4] = table;
        header[5] = protocol;
        header[7] = type;
        writer.EndMessage(message);
    }

    public static void WriteNewLocal(ref NetlinkWriter writer, int linkIndex, InetAddress address) =>
        // Append: beside the route that the kernel keeps for the same address on a link, so that one can go while the other stays.
        WriteLocal(ref writer, RtnetlinkFormat.NewRoute, NetlinkFlags.Create | NetlinkFlags.Append, linkIndex, address);

    public static void WriteDeleteLocal(ref NetlinkWriter writer, int linkIndex, InetAddress address) =>
        WriteLocal(ref writer, RtnetlinkFormat.DeleteRoute, NetlinkFlags.None, linkIndex, address);

    /// <summary>False for a route of neither IPv4 nor IPv6. Gathers every link that it leaves through.</summary>
    public static bool TryRead(NetlinkMessage message, out Route route, ICollection<int>? links = null)
    {
        var header = message.Header(RtnetlinkFormat.RouteHeaderLength);
        var family = (IpFamily)header[0];
        var length = header[1];
        uint table = header[4];
        Span<byte> address = stackalloc byte[16];
        address.Clear();
        var link = 0;
        foreach (var attribute in message.Attributes(RtnetlinkFormat.RouteHeaderLength))
        {
            switch (attribute.Type)
            {
                case RtnetlinkFormat.RouteDestination:
                    attribute.Bytes(Math.Min(attribute.Value.Length, address.Length)).CopyTo(address);
                    break;
                case RtnetlinkFormat.RouteOutput:
                    link = attribute.ReadInt32();
                    links?.Add(link);
                    break;
                case RtnetlinkFormat.RouteTable:
                    table = attribute.ReadUInt32();
                    break;
                case RtnetlinkFormat.RouteMultipath:
                    ReadNextHops(attribute.Value, ref link, links);
                    break;
            }
        }
        route = default;
        var size = family switch { IpFamily.IPv4 => 4, IpFamily.IPv6 => 16, _ => 0 };
        if (size == 0 || length > size * 8)
        {
            return false;
        }
        route = new(new(InetAddress.FromBytes(address[..size]), length), table, header[5], header[7], link);
        return route.Destination.Family == family;
    }

    /// <summary>The gateways of a default route; none where it is none.</summary>
    public static void ReadDefaultGateways(NetlinkMessage message, ICollection<InetAddress> gateways)
    {
        var header = message.Header(RtnetlinkFormat.RouteHeaderLength);
        if (header[1] != 0 || header[7] != RtnetlinkFormat.TypeUnicast)
        {
            return;
        }
        foreach (var attribute in message.Attributes(RtnetlinkFormat.RouteHeaderLength))
        {
            if (attribute.Type == RtnetlinkFormat.RouteGateway && attribute.Value.Length is 4 or 16)
            {
                gateways.Add(InetAddress.FromBytes(attribute.Value));
            }
            else if (attribute.Type == RtnetlinkFormat.RouteMultipath)
            {
                ReadGatewaysOfHops(attribute.Value, gateways);
            }
        }
    }

    private static void ReadGatewaysOfHops(ReadOnlySpan<byte> hops, ICollection<InetAddress> gateways)
    {
        while (hops.Length >= NextHopLength && MemoryMarshal.Read<ushort>(hops) is var length && length >= NextHopLength
            && length <= hops.Length)
        {
            foreach (var attribute in new NetlinkAttributes(hops[NextHopLength..length]))
            {
                if (attribute.Type == RtnetlinkFormat.RouteGateway && attribute.Value.Length is 4 or 16)
                {
                    gateways.Add(InetAddress.FromBytes(attribute.Value));
                }
            }
            hops = hops[Math.Min(NetlinkFormat.Align(length), hops.Length)..];
        }
    }

    private static void ReadNextHops(ReadOnlySpan<byte> hops, ref int link, ICollection<int>? links)
    {
        while (hops.Length >= NextHopLength)
        {
            int length = MemoryMarshal.Read<ushort>(hops);
            if (length < NextHopLength || length > hops.Length)
            {
                throw NetlinkAttributes.Malformed($"a next hop says it has {length} of {hops.Length} bytes");
            }
            var hop = MemoryMarshal.Read<int>(hops[4..]);
            link = link == 0 ? hop : link;
            links?.Add(hop);
            hops = hops[Math.Min(NetlinkFormat.Align(length), hops.Length)..];
        }
    }

    private static void WriteLocal(ref NetlinkWriter writer, ushort type, NetlinkFlags flags, int linkIndex, InetAddress address)
    {
        var message = writer.BeginMessage(type, flags);
        var header = writer.TakeHeader(RtnetlinkFormat.RouteHeaderLength);
        header[0] = (byte)address.Family;
        header[1] = (byte)address.BitCount;
        header[4] = RtnetlinkFormat.TableLocal;
        header[5] = RtnetlinkFormat.ByAdministrator;
        header[6] = RtnetlinkFormat.ScopeHost;
        header[7] = RtnetlinkFormat.TypeLocal;
        writer.WriteAddress(RtnetlinkFormat.RouteDestination, address);
        writer.WriteUInt32(RtnetlinkFormat.RouteOutput, (uint)linkIndex);
        writer.EndMessage(message);
    }
}
