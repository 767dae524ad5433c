using System.Diagnostics.CodeAnalysis;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.IpSets;

/// <summary>A set as the kernel lists it, its members apart.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TypeName">The kernel's name of its type, which may be none of <see cref="IpSetType"/>.</param>
/// <param name="Family">Family of its addresses.</param>
/// <param name="MaxElements">maxelem, 0 for a bitmap.</param>
/// <param name="Elements">How many members it has.</param>
/// <param name="IsPlain">It has no time-out, netmask or narrowed range, none of which a row can say.</param>
internal sealed record IpSetHeader(string Name, string TypeName, IpFamily Family, uint MaxElements, uint Elements, bool IsPlain)
{
    /// <summary>The maxelem of a row that stands for a set which is not plain. No plugin can want it, so that it is put right.</summary>
    public const uint OtherParameters = uint.MaxValue;

    /// <summary>False for a set of a type that no row can have.</summary>
    public bool TryGetRow(out IpSet row)
    {
        row = default;
        if (!IpSetTypes.TryParse(TypeName, out var type))
        {
            return false;
        }
        row = new(Name, type, Family) { MaxElements = IsPlain ? MaxElements : OtherParameters };
        return true;
    }
}

/// <summary>Headers of sets in messages.</summary>
internal static class IpSetCodec
{
    // kube-proxy's hashsize.
    private const uint HashSize = 1024;

    /// <summary>Attributes of IPSET_CMD_CREATE behind the protocol version.</summary>
    public static void WriteCreate(ref NetlinkWriter writer, IpSet set, byte revision)
    {
        writer.WriteText(IpSetAttribute.SetName, set.Name);
        writer.WriteText(IpSetAttribute.TypeName, set.Type.KernelName());
        writer.WriteByte(IpSetAttribute.Revision, revision);
        writer.WriteByte(IpSetAttribute.Family, (byte)set.Family);
        var data = writer.BeginNested(IpSetAttribute.Data);
        if (set.Type == IpSetType.BitmapPort)
        {
            writer.WriteUInt16BigEndian(IpSetAttribute.Port | NetlinkFormat.NetByteOrder, 0);
            writer.WriteUInt16BigEndian(IpSetAttribute.PortTo | NetlinkFormat.NetByteOrder, ushort.MaxValue);
        }
        else
        {
            writer.WriteUInt32BigEndian(IpSetAttribute.HashSize | NetlinkFormat.NetByteOrder, HashSize);
            writer.WriteUInt32BigEndian(IpSetAttribute.MaxElements | NetlinkFormat.NetByteOrder, set.MaxElements);
        }
        writer.EndNested(data);
    }

    /// <summary>False for a later part of a set's listing, which has members only.</summary>
    public static bool TryReadHeader(NetlinkMessage message, [NotNullWhen(true)] out IpSetHeader? header)
    {
        string name = "", type = "";
        var family = IpFamily.None;
        uint room = 0, elements = 0;
        var isPlain = true;
        foreach (var attribute in message.Attributes(IpSetAttribute.HeaderLength))
        {
            switch (attribute.Type)
            {
                case IpSetAttribute.SetName:
                    name = attribute.ReadText();
                    break;
                case IpSetAttribute.TypeName:
                    type = attribute.ReadText();
                    break;
                case IpSetAttribute.Family:
                    family = (IpFamily)attribute.ReadByte();
                    break;
                case IpSetAttribute.Data:
                    ReadParameters(attribute.Nested, ref room, ref elements, ref isPlain);
                    break;
            }
        }
        header = type.Length == 0 ? null : new(name, type, family, room, elements, isPlain);
        return header is not null;
    }

    private static void ReadParameters(NetlinkAttributes data, ref uint room, ref uint elements, ref bool isPlain)
    {
        foreach (var attribute in data)
        {
            switch (attribute.Type)
            {
                case IpSetAttribute.MaxElements:
                    room = attribute.ReadUInt32BigEndian();
                    break;
                case IpSetAttribute.Elements:
                    elements = attribute.ReadUInt32BigEndian();
                    break;
                case IpSetAttribute.Timeout or IpSetAttribute.Netmask:
                    isPlain = false;
                    break;
                case IpSetAttribute.Port:
                    isPlain &= attribute.ReadUInt16BigEndian() == 0;
                    break;
                case IpSetAttribute.PortTo:
                    isPlain &= attribute.ReadUInt16BigEndian() == ushort.MaxValue;
                    break;
            }
        }
    }
}
