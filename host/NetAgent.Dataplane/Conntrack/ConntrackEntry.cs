using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Conntrack;

/// <summary>One direction of a connection.</summary>
internal readonly record struct ConntrackTuple(
    InetAddress Source, InetAddress Target, byte Protocol, ushort SourcePort, ushort TargetPort)
{
    public static ConntrackTuple Read(NetlinkAttributes attributes)
    {
        InetAddress source = default, target = default;
        byte protocol = 0;
        ushort sourcePort = 0, targetPort = 0;
        foreach (var part in attributes)
        {
            foreach (var field in part.Nested)
            {
                switch (part.Type, field.Type)
                {
                    case (ConntrackFormat.TupleIp, ConntrackFormat.V4Source):
                        source = InetAddress.FromBytes(field.Bytes(4));
                        break;
                    case (ConntrackFormat.TupleIp, ConntrackFormat.V4Target):
                        target = InetAddress.FromBytes(field.Bytes(4));
                        break;
                    case (ConntrackFormat.TupleIp, ConntrackFormat.V6Source):
                        source = InetAddress.FromBytes(field.Bytes(16));
                        break;
                    case (ConntrackFormat.TupleIp, ConntrackFormat.V6Target):
                        target = InetAddress.FromBytes(field.Bytes(16));
                        break;
                    case (ConntrackFormat.TupleProto, ConntrackFormat.ProtoNumber):
                        protocol = field.ReadByte();
                        break;
                    case (ConntrackFormat.TupleProto, ConntrackFormat.SourcePort):
                        sourcePort = field.ReadUInt16BigEndian();
                        break;
                    case (ConntrackFormat.TupleProto, ConntrackFormat.TargetPort):
                        targetPort = field.ReadUInt16BigEndian();
                        break;
                }
            }
        }
        return new(source, target, protocol, sourcePort, targetPort);
    }

    public void Write(ref NetlinkWriter writer, int type)
    {
        var v6 = Target.Family == IpFamily.IPv6;
        var tuple = writer.BeginNested(type);
        var ip = writer.BeginNested(ConntrackFormat.TupleIp);
        writer.WriteAddress(v6 ? ConntrackFormat.V6Source : ConntrackFormat.V4Source, Source);
        writer.WriteAddress(v6 ? ConntrackFormat.V6Target : ConntrackFormat.V4Target, Target);
        writer.EndNested(ip);
        var proto = writer.BeginNested(ConntrackFormat.TupleProto);
        writer.WriteByte(ConntrackFormat.ProtoNumber, Protocol);
        writer.WriteUInt16BigEndian(ConntrackFormat.SourcePort, SourcePort);
        writer.WriteUInt16BigEndian(ConntrackFormat.TargetPort, TargetPort);
        writer.EndNested(proto);
        writer.EndNested(tuple);
    }

    /// <summary>Nothing is left out: a DELETE with less would mean other entries too.</summary>
    public bool IsComplete => !Source.IsNone && Source.Family == Target.Family && Protocol != 0 && SourcePort != 0 && TargetPort != 0;
}

/// <summary>An entry of the connection tracking table.</summary>
/// <param name="Original">As the client sent it.</param>
/// <param name="Reply">As answers come: its source is where the connection really goes.</param>
/// <param name="Id">CTA_ID as the kernel wrote it, so that an entry that took this one's place is left alone; null when it gave
/// none.</param>
/// <param name="Zone">CTA_ZONE; 0 for none.</param>
internal readonly record struct ConntrackEntry(ConntrackTuple Original, ConntrackTuple Reply, uint? Id, ushort Zone)
{
    public static ConntrackEntry Read(NetlinkMessage message)
    {
        ConntrackTuple original = default, reply = default;
        uint? id = null;
        ushort zone = 0;
        foreach (var attribute in message.Attributes(ConntrackFormat.HeaderLength))
        {
            switch (attribute.Type)
            {
                case ConntrackFormat.TupleOrig:
                    original = ConntrackTuple.Read(attribute.Nested);
                    break;
                case ConntrackFormat.TupleReply:
                    reply = ConntrackTuple.Read(attribute.Nested);
                    break;
                case ConntrackFormat.Id:
                    id = attribute.ReadUInt32BigEndian();
                    break;
                case ConntrackFormat.Zone:
                    zone = attribute.ReadUInt16BigEndian();
                    break;
            }
        }
        return new(original, reply, id, zone);
    }

    /// <summary>Somebody else answers than the client asked.</summary>
    public bool IsRedirected => Reply.Source != Original.Target || Reply.SourcePort != Original.TargetPort;

    public static void WriteDelete(ref NetlinkWriter writer, ConntrackEntry entry)
    {
        var message = ConntrackFormat.Begin(ref writer, ConntrackCommand.Delete, (byte)entry.Original.Target.Family, NetlinkFlags.None);
        entry.Original.Write(ref writer, ConntrackFormat.TupleOrig);
        if (entry.Id is { } id)
        {
            writer.WriteUInt32BigEndian(ConntrackFormat.Id, id);
        }
        if (entry.Zone != 0)
        {
            writer.WriteUInt16BigEndian(ConntrackFormat.Zone, entry.Zone);
        }
        writer.EndMessage(message);
    }
}
