namespace NetAgent.Dataplane.IpSets;

/// <summary>IPSET_CMD_* (linux/netfilter/ipset/ip_set.h).</summary>
internal enum IpSetCommand : byte
{
    Protocol = 1, // IPSET_CMD_PROTOCOL
    Create = 2,   // IPSET_CMD_CREATE
    Destroy = 3,  // IPSET_CMD_DESTROY
    Swap = 6,     // IPSET_CMD_SWAP
    List = 7,     // IPSET_CMD_LIST
    Add = 9,      // IPSET_CMD_ADD
    Delete = 10,  // IPSET_CMD_DEL
    Type = 13,    // IPSET_CMD_TYPE
}

/// <summary>How the kernel spells commands, for messages.</summary>
internal static class IpSetCommandText
{
    public static string Spell(this IpSetCommand command) => command switch
    {
        IpSetCommand.Protocol => "IPSET_CMD_PROTOCOL",
        IpSetCommand.Create => "IPSET_CMD_CREATE",
        IpSetCommand.Destroy => "IPSET_CMD_DESTROY",
        IpSetCommand.Swap => "IPSET_CMD_SWAP",
        IpSetCommand.List => "IPSET_CMD_LIST",
        IpSetCommand.Add => "IPSET_CMD_ADD",
        IpSetCommand.Delete => "IPSET_CMD_DEL",
        _ => "IPSET_CMD_TYPE",
    };
}

/// <summary>
/// Attributes (linux/netfilter/ipset/ip_set.h). Numbers of more than one byte are in network order and say so in their type.
/// </summary>
internal static class IpSetAttribute
{
    public const ushort Subsystem = 6 << 8; // NFNL_SUBSYS_IPSET
    public const int HeaderLength = 4;      // struct nfgenmsg

    public const int Protocol = 1;          // IPSET_ATTR_PROTOCOL
    public const int SetName = 2;           // IPSET_ATTR_SETNAME
    public const int TypeName = 3;          // IPSET_ATTR_TYPENAME
    public const int SetName2 = 3;          // IPSET_ATTR_SETNAME2
    public const int Revision = 4;          // IPSET_ATTR_REVISION
    public const int Family = 5;            // IPSET_ATTR_FAMILY
    public const int Flags = 6;             // IPSET_ATTR_FLAGS
    public const int Data = 7;              // IPSET_ATTR_DATA
    public const int Adt = 8;               // IPSET_ATTR_ADT
    public const int LineNumber = 9;        // IPSET_ATTR_LINENO, host order
    public const int ProtocolMinimum = 10;  // IPSET_ATTR_PROTOCOL_MIN, IPSET_ATTR_REVISION_MIN

    public const int Ip = 1;                // IPSET_ATTR_IP
    public const int Port = 4;              // IPSET_ATTR_PORT, IPSET_ATTR_PORT_FROM
    public const int PortTo = 5;            // IPSET_ATTR_PORT_TO
    public const int Timeout = 6;           // IPSET_ATTR_TIMEOUT
    public const int PortProtocol = 7;      // IPSET_ATTR_PROTO
    public const int HashSize = 18;         // IPSET_ATTR_HASHSIZE
    public const int MaxElements = 19;      // IPSET_ATTR_MAXELEM
    public const int Netmask = 20;          // IPSET_ATTR_NETMASK, of a set
    public const int Ip2 = 20;              // IPSET_ATTR_IP2, of a member
    public const int Cidr2 = 21;            // IPSET_ATTR_CIDR2
    public const int Elements = 24;         // IPSET_ATTR_ELEMENTS

    public const int Ipv4 = 1;              // IPSET_ATTR_IPADDR_IPV4
    public const int Ipv6 = 2;              // IPSET_ATTR_IPADDR_IPV6

    public const uint ListHeader = 4;       // IPSET_FLAG_LIST_HEADER
    public const int NameLimit = 31;        // IPSET_MAXNAMELEN less the zero
}
