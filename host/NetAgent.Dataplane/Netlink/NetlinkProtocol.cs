namespace NetAgent.Dataplane.Netlink;

/// <summary>Netlink families (linux/netlink.h).</summary>
internal enum NetlinkProtocol
{
    Route = 0,      // NETLINK_ROUTE
    Netfilter = 12, // NETLINK_NETFILTER
    Generic = 16,   // NETLINK_GENERIC
}

/// <summary>nlmsg_flags (linux/netlink.h). Those of 0x100 and above mean different things by kind of request.</summary>
[Flags]
internal enum NetlinkFlags : ushort
{
    None = 0,
    Request = 0x1,         // NLM_F_REQUEST
    Multi = 0x2,           // NLM_F_MULTI
    Ack = 0x4,             // NLM_F_ACK
    DumpInterrupted = 0x10, // NLM_F_DUMP_INTR
    Dump = 0x300,          // NLM_F_DUMP, of GET requests
    Replace = 0x100,       // NLM_F_REPLACE, of NEW requests
    Exclusive = 0x200,     // NLM_F_EXCL, of NEW requests
    Create = 0x400,        // NLM_F_CREATE, of NEW requests
    Append = 0x800,        // NLM_F_APPEND, of NEW requests
}

/// <summary>Sizes and types every netlink family shares (linux/netlink.h).</summary>
internal static class NetlinkFormat
{
    public const int HeaderLength = 16;         // NLMSG_HDRLEN
    public const int AttributeHeaderLength = 4; // NLA_HDRLEN
    public const ushort Noop = 1;               // NLMSG_NOOP
    public const ushort Error = 2;              // NLMSG_ERROR
    public const ushort Done = 3;               // NLMSG_DONE
    public const ushort Overrun = 4;            // NLMSG_OVERRUN
    public const ushort Nested = 0x8000;        // NLA_F_NESTED
    public const ushort NetByteOrder = 0x4000;  // NLA_F_NET_BYTEORDER
    public const ushort AttributeTypeMask = 0x3fff;
    public const ushort ErrorText = 1;          // NLMSGERR_ATTR_MSG
    public const ushort CappedError = 0x100;    // NLM_F_CAPPED, nlmsg_flags of NLMSG_ERROR
    public const ushort ErrorHasText = 0x200;   // NLM_F_ACK_TLVS, likewise

    public static int Align(int length) => (length + 3) & ~3;
}
