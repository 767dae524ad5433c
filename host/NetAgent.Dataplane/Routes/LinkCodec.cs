using System.Runtime.InteropServices;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Routes;

/// <summary>What RTM_NEWLINK tells of a link.</summary>
/// <param name="Index">ifindex.</param>
/// <param name="Name">IFLA_IFNAME.</param>
/// <param name="Kind">IFLA_INFO_KIND, empty for a physical device.</param>
/// <param name="Flags">IFF_*.</param>
/// <param name="MasterIndex">ifindex of its bridge or bond, or 0.</param>
/// <param name="IPv6">Whether IPv6 is on there (disable_ipv6); null for a link without any: a kernel that has none, or an MTU below
/// 1280.</param>
internal readonly record struct Link(int Index, string Name, string Kind, uint Flags, int MasterIndex, bool? IPv6);

/// <summary>RTM_*LINK messages.</summary>
internal static class LinkCodec
{
    public static void WriteDump(ref NetlinkWriter writer)
    {
        var message = writer.BeginMessage(RtnetlinkFormat.GetLink, NetlinkFlags.Dump);
        writer.TakeHeader(RtnetlinkFormat.LinkHeaderLength);
        writer.WriteUInt32(RtnetlinkFormat.LinkExtendedMask, RtnetlinkFormat.SkipStatistics);
        writer.EndMessage(message);
    }

    public static void WriteQuestion(ref NetlinkWriter writer, string name)
    {
        var message = writer.BeginMessage(RtnetlinkFormat.GetLink, NetlinkFlags.None);
        writer.TakeHeader(RtnetlinkFormat.LinkHeaderLength);
        writer.WriteText(RtnetlinkFormat.LinkName, name);
        writer.WriteUInt32(RtnetlinkFormat.LinkExtendedMask, RtnetlinkFormat.SkipStatistics);
        writer.EndMessage(message);
    }

    public static void WriteNew(ref NetlinkWriter writer, string name, string kind)
    {
        var message = writer.BeginMessage(RtnetlinkFormat.NewLink, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        writer.TakeHeader(RtnetlinkFormat.LinkHeaderLength);
        writer.WriteText(RtnetlinkFormat.LinkName, name);
        var info = writer.BeginNested(RtnetlinkFormat.LinkInfo);
        writer.WriteText(RtnetlinkFormat.LinkInfoKind, kind);
        writer.EndNested(info);
        writer.EndMessage(message);
    }

    public static void WriteDelete(ref NetlinkWriter writer, int index)
    {
        var message = writer.BeginMessage(RtnetlinkFormat.DeleteLink, NetlinkFlags.None);
        MemoryMarshal.Write(writer.TakeHeader(RtnetlinkFormat.LinkHeaderLength)[4..], index);
        writer.EndMessage(message);
    }

    /// <summary>A link that makes itself no fe80:: address when it comes up.</summary>
    public static void WriteNoAddressGeneration(ref NetlinkWriter writer, int index)
    {
        var message = writer.BeginMessage(RtnetlinkFormat.SetLink, NetlinkFlags.None);
        MemoryMarshal.Write(writer.TakeHeader(RtnetlinkFormat.LinkHeaderLength)[4..], index);
        var families = writer.BeginNested(RtnetlinkFormat.LinkFamilySpecific);
        var inet6 = writer.BeginNested((int)Contracts.IpFamily.IPv6);
        writer.WriteByte(RtnetlinkFormat.AddressGeneration, RtnetlinkFormat.GenerateNone);
        writer.EndNested(inet6);
        writer.EndNested(families);
        writer.EndMessage(message);
    }

    public static void WriteUp(ref NetlinkWriter writer, int index)
    {
        var message = writer.BeginMessage(RtnetlinkFormat.SetLink, NetlinkFlags.None);
        var header = writer.TakeHeader(RtnetlinkFormat.LinkHeaderLength);
        MemoryMarshal.Write(header[4..], index);
        MemoryMarshal.Write(header[8..], RtnetlinkFormat.IsUp);
        MemoryMarshal.Write(header[12..], RtnetlinkFormat.IsUp);
        writer.EndMessage(message);
    }

    public static Link Read(NetlinkMessage message)
    {
        var header = message.Header(RtnetlinkFormat.LinkHeaderLength);
        var name = "";
        var kind = "";
        var master = 0;
        bool? ipv6 = null;
        foreach (var attribute in message.Attributes(RtnetlinkFormat.LinkHeaderLength))
        {
            switch (attribute.Type)
            {
                case RtnetlinkFormat.LinkName:
                    name = attribute.ReadText();
                    break;
                case RtnetlinkFormat.LinkMaster:
                    master = attribute.ReadInt32();
                    break;
                case RtnetlinkFormat.LinkFamilySpecific:
                    ipv6 = ReadIPv6(attribute.Nested);
                    break;
                case RtnetlinkFormat.LinkInfo:
                    foreach (var info in attribute.Nested)
                    {
                        if (info.Type == RtnetlinkFormat.LinkInfoKind)
                        {
                            kind = info.ReadText();
                        }
                    }
                    break;
            }
        }
        return new(MemoryMarshal.Read<int>(header[4..]), name, kind, MemoryMarshal.Read<uint>(header[8..]), master, ipv6);
    }

    // Each family has attributes of its own; IPv6's settings are an array of int, one place each.
    private static bool? ReadIPv6(NetlinkAttributes families)
    {
        var settings = new NetlinkAttributes(families.Find((int)Contracts.IpFamily.IPv6)).Find(RtnetlinkFormat.InterfaceSettings6);
        var place = RtnetlinkFormat.DisableIPv6 * sizeof(int);
        return settings.Length < place + sizeof(int) ? null : MemoryMarshal.Read<int>(settings[place..]) == 0;
    }
}
