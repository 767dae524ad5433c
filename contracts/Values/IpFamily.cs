namespace NetAgent.Contracts;

/// <summary>An IP address family. The values are the kernel's AF_INET and AF_INET6 (linux/socket.h).</summary>
public enum IpFamily : byte
{
    /// <summary>No family: the value of an unset address.</summary>
    None = 0,

    /// <summary>AF_INET.</summary>
    IPv4 = 2,

    /// <summary>AF_INET6.</summary>
    IPv6 = 10,
}

/// <summary>A transport protocol that Services know. The values are IANA protocol numbers (linux/in.h).</summary>
public enum IpProtocol : byte
{
    /// <summary>No protocol.</summary>
    None = 0,

    /// <summary>IPPROTO_TCP.</summary>
    Tcp = 6,

    /// <summary>IPPROTO_UDP.</summary>
    Udp = 17,

    /// <summary>IPPROTO_SCTP.</summary>
    Sctp = 132,
}

/// <summary>How protocols are spelled.</summary>
public static class IpProtocolText
{
    /// <summary>The protocol in the lower case that ipset and iptables use: <c>tcp</c>, <c>udp</c>, <c>sctp</c>.</summary>
    public static string ToLowerText(this IpProtocol protocol) => protocol switch
    {
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.Sctp => "sctp",
        _ => "none",
    };

    /// <summary>The protocol as the Kubernetes API spells it: <c>TCP</c>, <c>UDP</c>, <c>SCTP</c>.</summary>
    public static string ToUpperText(this IpProtocol protocol) => protocol switch
    {
        IpProtocol.Tcp => "TCP",
        IpProtocol.Udp => "UDP",
        IpProtocol.Sctp => "SCTP",
        _ => "NONE",
    };
}
