using System.Runtime.InteropServices;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Routes;

/// <summary>RTM_*ADDR messages.</summary>
internal static class AddressCodec
{
    public static void WriteDump(ref NetlinkWriter writer)
    {
        var message = writer.BeginMessage(RtnetlinkFormat.GetAddress, NetlinkFlags.Dump);
        writer.TakeHeader(RtnetlinkFormat.AddressHeaderLength);
        writer.EndMessage(message);
    }

    public static void WriteNew(ref NetlinkWriter writer, int linkIndex, InetAddress address)
    {
        var message = writer.BeginMessage(RtnetlinkFormat.NewAddress, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        WriteHeader(ref writer, linkIndex, address.Family, (byte)address.BitCount);
        writer.WriteAddress(RtnetlinkFormat.LocalAddress, address);
        writer.WriteAddress(RtnetlinkFormat.Address, address);
        writer.EndMessage(message);
    }

    public static void WriteDelete(ref NetlinkWriter writer, int linkIndex, InetPrefix address)
    {
        var message = writer.BeginMessage(RtnetlinkFormat.DeleteAddress, NetlinkFlags.None);
        WriteHeader(ref writer, linkIndex, address.Family, address.Length);
        writer.WriteAddress(RtnetlinkFormat.LocalAddress, address.Address);
        writer.EndMessage(message);
    }

    /// <summary>False for an address of neither IPv4 nor IPv6.</summary>
    public static bool TryRead(NetlinkMessage message, out int linkIndex, out InetPrefix address)
    {
        var header = message.Header(RtnetlinkFormat.AddressHeaderLength);
        var family = (IpFamily)header[0];
        var length = header[1];
        linkIndex = MemoryMarshal.Read<int>(header[4..]);
        address = default;
        ReadOnlySpan<byte> peer = default, local = default;
        foreach (var attribute in message.Attributes(RtnetlinkFormat.AddressHeaderLength))
        {
            switch (attribute.Type)
            {
                case RtnetlinkFormat.Address:
                    peer = attribute.Value;
                    break;
                case RtnetlinkFormat.LocalAddress:
                    local = attribute.Value;
                    break;
            }
        }
        // IPv6 has IFA_LOCAL only with a peer.
        var bytes = local.IsEmpty ? peer : local;
        if (bytes.Length != (family switch { IpFamily.IPv4 => 4, IpFamily.IPv6 => 16, _ => -1 }))
        {
            return false;
        }
        address = new(InetAddress.FromBytes(bytes), length);
        return address.Family == family;
    }

    private static void WriteHeader(ref NetlinkWriter writer, int linkIndex, IpFamily family, byte length)
    {
        var header = writer.TakeHeader(RtnetlinkFormat.AddressHeaderLength);
        header[0] = (byte)family;
        header[1] = length;
        MemoryMarshal.Write(header[4..], linkIndex);
    }
}
