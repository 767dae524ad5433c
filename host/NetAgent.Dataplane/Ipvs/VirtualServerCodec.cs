using System.Runtime.InteropServices;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Ipvs;

/// <summary>IPVS_CMD_ATTR_SERVICE to and from rows.</summary>
internal static class VirtualServerCodec
{
    /// <summary>What names a virtual server; enough for DEL_SERVICE, GET_DEST and everything about its destinations.</summary>
    public static void WriteKey(ref NetlinkWriter writer, VirtualServerKey key)
    {
        var nest = writer.BeginNested(IpvsAttribute.Service);
        WriteKeyAttributes(ref writer, key);
        writer.EndNested(nest);
    }

    public static void Write(ref NetlinkWriter writer, VirtualServer row)
    {
        var nest = writer.BeginNested(IpvsAttribute.Service);
        WriteKeyAttributes(ref writer, row.Key);
        writer.WriteText(IpvsAttribute.ServiceScheduler, row.Scheduler);
        Span<uint> flags = [(uint)row.Flags, ~0u];
        writer.WriteBytes(IpvsAttribute.ServiceFlags, MemoryMarshal.AsBytes(flags));
        writer.WriteUInt32(IpvsAttribute.ServiceTimeout, row.PersistenceTimeoutSeconds);
        // A mask for IPv4, a prefix length for IPv6: persistence is per client address.
        writer.WriteUInt32(IpvsAttribute.ServiceNetmask, row.Key.Address.Family == IpFamily.IPv6 ? 128 : uint.MaxValue);
        writer.EndNested(nest);
    }

    /// <summary>False for a virtual server that no row can name: one on a firewall mark.</summary>
    public static bool TryRead(NetlinkAttributes attributes, out VirtualServer row)
    {
        var family = IpFamily.None;
        var protocol = IpProtocol.None;
        ReadOnlySpan<byte> address = default;
        ushort port = 0;
        uint mark = 0, flags = 0, timeout = 0;
        var scheduler = "";
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case IpvsAttribute.ServiceFamily:
                    family = (IpFamily)attribute.ReadUInt16();
                    break;
                case IpvsAttribute.ServiceProtocol:
                    protocol = (IpProtocol)attribute.ReadUInt16();
                    break;
                case IpvsAttribute.ServiceAddress:
                    address = attribute.Value;
                    break;
                case IpvsAttribute.ServicePort:
                    port = attribute.ReadUInt16BigEndian();
                    break;
                case IpvsAttribute.ServiceMark:
                    mark = attribute.ReadUInt32();
                    break;
                case IpvsAttribute.ServiceScheduler:
                    scheduler = attribute.ReadText();
                    break;
                case IpvsAttribute.ServiceFlags:
                    flags = attribute.ReadUInt32() & ~IpvsAttribute.ServiceIsHashed;
                    break;
                case IpvsAttribute.ServiceTimeout:
                    timeout = attribute.ReadUInt32();
                    break;
            }
        }
        row = default;
        if (mark != 0 || !IpvsAddress.TryRead(family, address, out var parsed))
        {
            return false;
        }
        row = new(new(protocol, parsed, port), scheduler) { Flags = (VirtualServerFlags)flags, PersistenceTimeoutSeconds = timeout };
        return true;
    }

    private static void WriteKeyAttributes(ref NetlinkWriter writer, VirtualServerKey key)
    {
        writer.WriteUInt16(IpvsAttribute.ServiceFamily, (ushort)key.Address.Family);
        writer.WriteUInt16(IpvsAttribute.ServiceProtocol, (ushort)key.Protocol);
        writer.WriteAddress16(IpvsAttribute.ServiceAddress, key.Address);
        writer.WriteUInt16BigEndian(IpvsAttribute.ServicePort, key.Port);
    }
}
