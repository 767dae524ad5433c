namespace NetAgent.Contracts;

/// <summary>Types of ipset in use (linux/netfilter/ipset).</summary>
public enum IpSetType : byte
{
    /// <summary>hash:ip.</summary>
    HashIp,

    /// <summary>hash:ip,port.</summary>
    HashIpPort,

    /// <summary>hash:ip,port,ip.</summary>
    HashIpPortIp,

    /// <summary>hash:ip,port,net.</summary>
    HashIpPortNet,

    /// <summary>bitmap:port with range 0-65535.</summary>
    BitmapPort,
}

/// <summary>A set. The host may give it room for more than <see cref="MaxElements"/> when it must hold more.</summary>
/// <param name="Name">Up to 31 bytes (IPSET_MAXNAMELEN less the zero).</param>
/// <param name="Type">Its type.</param>
/// <param name="Family">
/// Family of its addresses. bitmap:port has none in the kernel: <see cref="IpFamily.None"/>, or that of the rules that match it, with which
/// the host leaves it out where the node has that family switched off.
/// </param>
public readonly record struct IpSet(string Name, IpSetType Type, IpFamily Family) : IRow<string>
{
    /// <summary>maxelem in members, 65536 where kube-proxy's is meant; 0 for bitmap:port.</summary>
    public uint MaxElements { get; init; }

    /// <summary>The name.</summary>
    public string Key => Name;
}

/// <summary>A member of a set. Use the factory that fits the set's type.</summary>
public readonly record struct IpSetEntry : IRow<IpSetEntry>
{
    /// <summary>The set's name.</summary>
    public required string Set { get; init; }

    /// <summary>First address; none for bitmap:port.</summary>
    public InetAddress Address { get; init; }

    /// <summary>Protocol of the port; none where the type has none.</summary>
    public IpProtocol Protocol { get; init; }

    /// <summary>The port, 0 where the type has none.</summary>
    public ushort Port { get; init; }

    /// <summary>Second address (as host prefix) or network; none where the type has none.</summary>
    public InetPrefix Second { get; init; }

    /// <summary>The whole entry is its key.</summary>
    public IpSetEntry Key => this;

    /// <summary>As <c>ipset save</c> prints it: <c>KUBE-CLUSTER-IP 10.96.0.1,tcp:443</c>.</summary>
    // The text that the compiler would make names Key, which is this again.
    public override string ToString()
    {
        var port = Protocol == IpProtocol.None ? $"{Port}" : $"{Protocol.ToLowerText()}:{Port}";
        if (Address.IsNone)
        {
            return $"{Set} {port}";
        }
        var text = Port == 0 && Protocol == IpProtocol.None ? $"{Set} {Address}" : $"{Set} {Address},{port}";
        if (Second.IsNone)
        {
            return text;
        }
        return Second.Length == Second.Address.BitCount ? $"{text},{Second.Address}" : $"{text},{Second}";
    }

    /// <summary>For hash:ip.</summary>
    public static IpSetEntry ForIp(string set, InetAddress address) => new() { Set = set, Address = address };

    /// <summary>For hash:ip,port.</summary>
    public static IpSetEntry ForIpPort(string set, InetAddress address, IpProtocol protocol, ushort port) =>
        new() { Set = set, Address = address, Protocol = protocol, Port = port };

    /// <summary>For hash:ip,port,ip.</summary>
    public static IpSetEntry ForIpPortIp(string set, InetAddress address, IpProtocol protocol, ushort port, InetAddress second) =>
        new() { Set = set, Address = address, Protocol = protocol, Port = port, Second = InetPrefix.Host(second) };

    /// <summary>For hash:ip,port,net. The kernel cannot hold a /0: give its two halves.</summary>
    public static IpSetEntry ForIpPortNet(string set, InetAddress address, IpProtocol protocol, ushort port, InetPrefix network) =>
        new() { Set = set, Address = address, Protocol = protocol, Port = port, Second = network.Network };

    /// <summary>For bitmap:port.</summary>
    public static IpSetEntry ForPort(string set, ushort port) => new() { Set = set, Port = port };
}
