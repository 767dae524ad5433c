using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.IpSets;

/// <summary>Members of sets in messages. Which attributes a member has tells its type; nothing else is needed to write it.</summary>
internal static class IpSetEntryCodec
{
    /// <summary>One IPSET_ATTR_DATA inside an IPSET_ATTR_ADT.</summary>
    /// <param name="writer">The message.</param>
    /// <param name="entry">The member.</param>
    /// <param name="line">What the kernel names this member by when it refuses it.</param>
    public static void Write(ref NetlinkWriter writer, IpSetEntry entry, uint line)
    {
        var data = writer.BeginNested(IpSetAttribute.Data);
        if (!entry.Address.IsNone)
        {
            WriteAddress(ref writer, IpSetAttribute.Ip, entry.Address);
        }
        if (entry.Address.IsNone || entry.Protocol != IpProtocol.None)
        {
            writer.WriteUInt16BigEndian(IpSetAttribute.Port | NetlinkFormat.NetByteOrder, entry.Port);
        }
        if (entry.Protocol != IpProtocol.None)
        {
            writer.WriteByte(IpSetAttribute.PortProtocol, (byte)entry.Protocol);
        }
        if (!entry.Second.IsNone)
        {
            WriteAddress(ref writer, IpSetAttribute.Ip2, entry.Second.Address);
            // hash:ip,port,ip does not know the attribute, and for hash:ip,port,net a host is the default.
            if (entry.Second.Length != entry.Second.Address.BitCount)
            {
                writer.WriteByte(IpSetAttribute.Cidr2, entry.Second.Length);
            }
        }
        writer.WriteUInt32(IpSetAttribute.LineNumber, line);
        writer.EndNested(data);
    }

    /// <summary>False for a member that no row can hold, such as an IPv6 address that maps an IPv4 one.</summary>
    public static bool TryRead(string set, NetlinkAttributes data, out IpSetEntry entry)
    {
        InetAddress first = default, second = default;
        var protocol = IpProtocol.None;
        ushort port = 0;
        byte? length = null;
        var isWhole = true;
        foreach (var attribute in data)
        {
            switch (attribute.Type)
            {
                case IpSetAttribute.Ip:
                    isWhole &= TryReadAddress(attribute.Nested, out first);
                    break;
                case IpSetAttribute.Port:
                    port = attribute.ReadUInt16BigEndian();
                    break;
                case IpSetAttribute.PortProtocol:
                    protocol = (IpProtocol)attribute.ReadByte();
                    break;
                case IpSetAttribute.Ip2:
                    isWhole &= TryReadAddress(attribute.Nested, out second);
                    break;
                case IpSetAttribute.Cidr2:
                    length = attribute.ReadByte();
                    break;
            }
        }
        entry = default;
        if (!isWhole || length > second.BitCount)
        {
            return false;
        }
        entry = new()
        {
            Set = set,
            Address = first,
            Protocol = protocol,
            Port = port,
            Second = second.IsNone ? default : new InetPrefix(second, length ?? (byte)second.BitCount).Network,
        };
        return true;
    }

    private static void WriteAddress(ref NetlinkWriter writer, int type, InetAddress address)
    {
        var nest = writer.BeginNested(type);
        var inner = address.Family == IpFamily.IPv6 ? IpSetAttribute.Ipv6 : IpSetAttribute.Ipv4;
        writer.WriteAddress(inner | NetlinkFormat.NetByteOrder, address);
        writer.EndNested(nest);
    }

    private static bool TryReadAddress(NetlinkAttributes nested, out InetAddress address)
    {
        address = default;
        foreach (var attribute in nested)
        {
            var (family, length) = attribute.Type == IpSetAttribute.Ipv6 ? (IpFamily.IPv6, 16) : (IpFamily.IPv4, 4);
            address = InetAddress.FromBytes(attribute.Bytes(length));
            return address.Family == family;
        }
        return false;
    }
}
