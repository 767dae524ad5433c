using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Conntrack;

/// <summary>Which entries to list.</summary>
/// <param name="Family">Their family.</param>
/// <param name="Protocol">Their protocol.</param>
/// <param name="Target">Original destination, or null for any.</param>
internal sealed record ConntrackQuestion(IpFamily Family, IpProtocol Protocol, (InetAddress Address, ushort Port)? Target)
{
    /// <summary>Let the kernel leave out the others (CTA_FILTER, Linux 5.8).</summary>
    public bool UseFilter { get; init; } = true;

    public bool Covers(ConntrackEntry entry) =>
        entry.Original.Protocol == (byte)Protocol
        && entry.Original.Target.Family == Family
        && (Target is not { } target || (entry.Original.Target == target.Address && entry.Original.TargetPort == target.Port));

    public static void Write(ref NetlinkWriter writer, ConntrackQuestion question)
    {
        var message = ConntrackFormat.Begin(ref writer, ConntrackCommand.Get, (byte)question.Family, NetlinkFlags.Dump);
        if (question.UseFilter)
        {
            question.WriteFilter(ref writer);
        }
        writer.EndMessage(message);
    }

    // Every flagged field must be there, and ports need the protocol's number (EINVAL otherwise). Flags are in host order.
    private void WriteFilter(ref NetlinkWriter writer)
    {
        var flags = ConntrackFormat.FilterProtoNumber;
        var tuple = writer.BeginNested(ConntrackFormat.TupleOrig);
        // Of IPv6 addresses the kernel (seen in 6.1) lists all but the one asked for: only the port is asked for there.
        if (Target is { Address: { Family: IpFamily.IPv4 } address })
        {
            flags |= ConntrackFormat.FilterTarget;
            var ip = writer.BeginNested(ConntrackFormat.TupleIp);
            writer.WriteAddress(ConntrackFormat.V4Target, address);
            writer.EndNested(ip);
        }
        var proto = writer.BeginNested(ConntrackFormat.TupleProto);
        writer.WriteByte(ConntrackFormat.ProtoNumber, (byte)Protocol);
        if (Target is { } withPort)
        {
            flags |= ConntrackFormat.FilterTargetPort;
            writer.WriteUInt16BigEndian(ConntrackFormat.TargetPort, withPort.Port);
        }
        writer.EndNested(proto);
        writer.EndNested(tuple);
        var filter = writer.BeginNested(ConntrackFormat.Filter);
        writer.WriteUInt32(ConntrackFormat.FilterOrigFlags, flags);
        writer.WriteUInt32(ConntrackFormat.FilterReplyFlags, 0);
        writer.EndNested(filter);
    }
}
