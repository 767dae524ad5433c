using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Ipvs;

/// <summary>IPVS_CMD_ATTR_DEST to and from rows.</summary>
internal static class RealServerCodec
{
    public static void WriteKey(ref NetlinkWriter writer, RealServerKey key)
    {
        var nest = writer.BeginNested(IpvsAttribute.Dest);
        WriteKeyAttributes(ref writer, key);
        writer.EndNested(nest);
    }

    public static void Write(ref NetlinkWriter writer, RealServer row)
    {
        var nest = writer.BeginNested(IpvsAttribute.Dest);
        WriteKeyAttributes(ref writer, row.Key);
        writer.WriteUInt32(IpvsAttribute.DestForwarding, IpvsAttribute.ForwardMasquerade);
        writer.WriteUInt32(IpvsAttribute.DestWeight, row.Weight);
        writer.WriteUInt32(IpvsAttribute.DestUpperLimit, 0);
        writer.WriteUInt32(IpvsAttribute.DestLowerLimit, 0);
        writer.EndNested(nest);
    }

    /// <summary>False for a destination that no row can name.</summary>
    public static bool TryRead(VirtualServerKey server, NetlinkAttributes attributes, out RealServer row, out RealServerActivity activity)
    {
        // Kernels before 3.18 do not tell the family: it is the virtual server's.
        var family = server.Address.Family;
        ReadOnlySpan<byte> address = default;
        ushort port = 0;
        uint forwarding = 0, active = 0, inactive = 0, persistent = 0;
        ushort weight = 0;
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case IpvsAttribute.DestAddress:
                    address = attribute.Value;
                    break;
                case IpvsAttribute.DestPort:
                    port = attribute.ReadUInt16BigEndian();
                    break;
                case IpvsAttribute.DestForwarding:
                    forwarding = attribute.ReadUInt32() & IpvsAttribute.ForwardMask;
                    break;
                case IpvsAttribute.DestWeight:
                    weight = (ushort)Math.Clamp(attribute.ReadInt32(), 0, ushort.MaxValue);
                    break;
                case IpvsAttribute.DestActive:
                    active = attribute.ReadUInt32();
                    break;
                case IpvsAttribute.DestInactive:
                    inactive = attribute.ReadUInt32();
                    break;
                case IpvsAttribute.DestPersistent:
                    persistent = attribute.ReadUInt32();
                    break;
                case IpvsAttribute.DestFamily:
                    family = (IpFamily)attribute.ReadUInt16();
                    break;
            }
        }
        row = default;
        activity = new(active, inactive, persistent);
        if (!IpvsAddress.TryRead(family, address, out var parsed))
        {
            return false;
        }
        var masquerades = forwarding is IpvsAttribute.ForwardMasquerade or IpvsAttribute.ForwardLocalNode;
        row = new(new(server, parsed, port), weight) { ForwardsOtherwise = !masquerades };
        return true;
    }

    private static void WriteKeyAttributes(ref NetlinkWriter writer, RealServerKey key)
    {
        writer.WriteAddress16(IpvsAttribute.DestAddress, key.Address);
        writer.WriteUInt16BigEndian(IpvsAttribute.DestPort, key.Port);
        writer.WriteUInt16(IpvsAttribute.DestFamily, (ushort)key.Address.Family);
    }
}
