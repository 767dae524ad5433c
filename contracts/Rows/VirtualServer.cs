using System.Diagnostics.CodeAnalysis;

namespace NetAgent.Contracts;

/// <summary>
/// Flags of a virtual server (IP_VS_SVC_F_*, linux/ip_vs.h) that a plugin may ask for. The kernel has two bits for schedulers, which mean
/// for each what its names here say; with another scheduler they mean nothing.
/// </summary>
[Flags]
[SuppressMessage("Design", "CA1069", Justification = "The kernel's header gives both schedulers the same two bits.")]
public enum VirtualServerFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>IP_VS_SVC_F_PERSISTENT: clients stick to a real server.</summary>
    Persistent = 0x1,

    /// <summary>
    /// IP_VS_SVC_F_SCHED_SH_FALLBACK, of scheduler sh: another real server when the hashed one takes none (<c>sh-fallback</c>).
    /// </summary>
    ShFallback = 0x8,

    /// <summary>IP_VS_SVC_F_SCHED_SH_PORT, of scheduler sh: the source port is hashed too (<c>sh-port</c>).</summary>
    ShPort = 0x10,

    /// <summary>
    /// IP_VS_SVC_F_SCHED_MH_FALLBACK, of scheduler mh: another real server when the hashed one takes none (<c>mh-fallback</c>).
    /// </summary>
    MhFallback = 0x8,

    /// <summary>IP_VS_SVC_F_SCHED_MH_PORT, of scheduler mh: the source port is hashed too (<c>mh-port</c>).</summary>
    MhPort = 0x10,
}

/// <summary>Names a virtual server.</summary>
/// <param name="Protocol">Transport protocol.</param>
/// <param name="Address">Its address; the family is the address'.</param>
/// <param name="Port">1 to 65535.</param>
public readonly record struct VirtualServerKey(IpProtocol Protocol, InetAddress Address, ushort Port)
{
    /// <summary><c>10.96.0.1:443/TCP</c>, <c>[fd00::1]:443/TCP</c>.</summary>
    public override string ToString() => Address.Family == IpFamily.IPv6
        ? $"[{Address}]:{Port}/{Protocol.ToUpperText()}"
        : $"{Address}:{Port}/{Protocol.ToUpperText()}";
}

/// <summary>An IPVS service (IPVS_CMD_NEW_SERVICE).</summary>
/// <param name="Key">Protocol, address and port.</param>
/// <param name="Scheduler">A kernel scheduler's name such as <c>rr</c>.</param>
public readonly record struct VirtualServer(VirtualServerKey Key, string Scheduler) : IRow<VirtualServerKey>
{
    /// <summary>Flags; none unless said otherwise.</summary>
    public VirtualServerFlags Flags { get; init; }

    /// <summary>Seconds that a client sticks; 0 unless <see cref="VirtualServerFlags.Persistent"/>.</summary>
    public uint PersistenceTimeoutSeconds { get; init; }
}

/// <summary>Names a real server.</summary>
/// <param name="Server">The virtual server it belongs to.</param>
/// <param name="Address">Its address.</param>
/// <param name="Port">1 to 65535.</param>
public readonly record struct RealServerKey(VirtualServerKey Server, InetAddress Address, ushort Port)
{
    /// <summary><c>10.96.0.1:443/TCP -> 10.244.1.5:6443</c>.</summary>
    public override string ToString() =>
        Address.Family == IpFamily.IPv6 ? $"{Server} -> [{Address}]:{Port}" : $"{Server} -> {Address}:{Port}";
}

/// <summary>
/// An IPVS destination in masquerading mode (IPVS_CMD_NEW_DEST). Removing the row drains it: a TCP real server with connections gets
/// weight 0 and leaves when they end or the agent's drain limit passes; a UDP one leaves at once with its conntrack entries.
/// </summary>
/// <param name="Key">Virtual server, address and port.</param>
/// <param name="Weight">0 takes no new connections.</param>
public readonly record struct RealServer(RealServerKey Key, ushort Weight) : IRow<RealServerKey>
{
    /// <summary>
    /// The kernel has it in another mode than masquerading. No plugin can want that, so that such a one is put right or removed.
    /// </summary>
    internal bool ForwardsOtherwise { get; init; }
}

/// <summary>IPVS timeouts of the whole network namespace (IPVS_CMD_SET_CONFIG), in seconds; 0 leaves a value as it is.</summary>
/// <param name="TcpSeconds">Established TCP.</param>
/// <param name="TcpFinSeconds">TCP after a FIN.</param>
/// <param name="UdpSeconds">UDP.</param>
public readonly record struct IpvsTimeouts(uint TcpSeconds, uint TcpFinSeconds, uint UdpSeconds) : IRow<string>
{
    /// <summary>There is one per namespace.</summary>
    public string Key => "timeouts";
}
