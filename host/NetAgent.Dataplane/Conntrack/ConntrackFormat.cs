using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Conntrack;

/// <summary>Commands of ctnetlink (enum cntl_msg_types, linux/netfilter/nfnetlink_conntrack.h).</summary>
internal enum ConntrackCommand : byte
{
    Get = 1,         // IPCTNL_MSG_CT_GET
    Delete = 2,      // IPCTNL_MSG_CT_DELETE
    GetCpuStats = 4, // IPCTNL_MSG_CT_GET_STATS_CPU
    GetStats = 5,    // IPCTNL_MSG_CT_GET_STATS
}

/// <summary>Attribute numbers and sizes (linux/netfilter/nfnetlink_conntrack.h).</summary>
internal static class ConntrackFormat
{
    /// <summary>struct nfgenmsg (linux/netfilter/nfnetlink.h).</summary>
    public const int HeaderLength = 4;

    public const int TupleOrig = 1;  // CTA_TUPLE_ORIG
    public const int TupleReply = 2; // CTA_TUPLE_REPLY
    public const int Id = 12;        // CTA_ID
    public const int Zone = 18;      // CTA_ZONE
    public const int Filter = 25;    // CTA_FILTER

    public const int TupleIp = 1;    // CTA_TUPLE_IP
    public const int TupleProto = 2; // CTA_TUPLE_PROTO
    public const int TupleZone = 3;  // CTA_TUPLE_ZONE
    public const int V4Source = 1;   // CTA_IP_V4_SRC
    public const int V4Target = 2;   // CTA_IP_V4_DST
    public const int V6Source = 3;   // CTA_IP_V6_SRC
    public const int V6Target = 4;   // CTA_IP_V6_DST
    public const int ProtoNumber = 1; // CTA_PROTO_NUM
    public const int SourcePort = 2;  // CTA_PROTO_SRC_PORT
    public const int TargetPort = 3;  // CTA_PROTO_DST_PORT

    public const int FilterOrigFlags = 1;         // CTA_FILTER_ORIG_FLAGS
    public const int FilterReplyFlags = 2;        // CTA_FILTER_REPLY_FLAGS
    public const uint FilterTarget = 0x2;         // CTA_FILTER_F_CTA_IP_DST
    public const uint FilterProtoNumber = 0x8;    // CTA_FILTER_F_CTA_PROTO_NUM
    public const uint FilterTargetPort = 0x20;    // CTA_FILTER_F_CTA_PROTO_DST_PORT

    private const ushort Subsystem = 1 << 8; // NFNL_SUBSYS_CTNETLINK

    public static MessageToken Begin(ref NetlinkWriter writer, ConntrackCommand command, byte family, NetlinkFlags flags)
    {
        var message = writer.BeginMessage((ushort)(Subsystem | (byte)command), flags);
        writer.TakeHeader(HeaderLength)[0] = family;
        return message;
    }

    /// <summary>As the header file spells it.</summary>
    public static string Spell(this ConntrackCommand command) => command switch
    {
        ConntrackCommand.Get => "IPCTNL_MSG_CT_GET",
        ConntrackCommand.Delete => "IPCTNL_MSG_CT_DELETE",
        ConntrackCommand.GetCpuStats => "IPCTNL_MSG_CT_GET_STATS_CPU",
        _ => "IPCTNL_MSG_CT_GET_STATS",
    };
}
