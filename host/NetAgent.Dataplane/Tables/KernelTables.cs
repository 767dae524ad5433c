using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Tables;

/// <summary>Connections of one real server, as the kernel counts them (32 bits each).</summary>
internal readonly record struct ConnectionCounts(uint Active, uint Inactive)
{
    public bool IsIdle => Active == 0 && Inactive == 0;
}

/// <summary>Asks the kernel how busy real servers are.</summary>
internal interface IConnectionCounter
{
    /// <summary>Counts of all real servers of one virtual server.</summary>
    /// <exception cref="KernelException">It cannot be read.</exception>
    IReadOnlyDictionary<RealServerKey, ConnectionCounts> Count(VirtualServerKey server);
}

/// <summary>A UDP virtual server whose real servers changed, and those it has now.</summary>
internal readonly record struct UdpServer(VirtualServerKey Key, IReadOnlySet<(InetAddress Address, ushort Port)> RealServers);

/// <summary>Drops conntrack entries that still lead to real servers that are gone.</summary>
internal interface IStaleFlows
{
    /// <summary>Deletes each entry to one of these whose replies come from none of its real servers; returns how many.</summary>
    /// <exception cref="KernelException">Conntrack cannot be read or changed.</exception>
    int Purge(IReadOnlyCollection<UdpServer> servers);
}

/// <summary>What reads are to cover: the kernel holds more than is anybody's business here.</summary>
/// <param name="Sysctls">Paths.</param>
/// <param name="Files">Paths.</param>
/// <param name="Links">Links whose addresses count.</param>
/// <param name="IsSetOfInterest">Whether a set's members count.</param>
/// <param name="IptablesTables">nat, filter, …</param>
internal sealed record ReadScope(
    IReadOnlyCollection<string> Sysctls,
    IReadOnlyCollection<string> Files,
    IReadOnlyCollection<string> Links,
    Func<string, bool> IsSetOfInterest,
    IReadOnlyCollection<string> IptablesTables);

/// <summary>Every kind of kernel object that the dataplane writes.</summary>
internal sealed record KernelTables
{
    public required IKernelTable<string, Sysctl> Sysctls { get; init; }

    public required IKernelTable<string, IpSet> IpSets { get; init; }

    public required IKernelTable<IpSetEntry, IpSetEntry> IpSetEntries { get; init; }

    public required IKernelTable<ChainKey, Chain> Chains { get; init; }

    public required IKernelTable<JumpKey, Jump> Jumps { get; init; }

    public required IKernelTable<string, DummyLink> Links { get; init; }

    public required IKernelTable<string, IpvsTimeouts> IpvsTimeouts { get; init; }

    public required IKernelTable<VirtualServerKey, VirtualServer> VirtualServers { get; init; }

    public required IKernelTable<RealServerKey, RealServer> RealServers { get; init; }

    public required IKernelTable<LinkAddressKey, LinkAddress> Addresses { get; init; }

    public required IKernelTable<string, ConfigFile> Files { get; init; }

    public required IConnectionCounter Connections { get; init; }

    public required IStaleFlows Flows { get; init; }

    /// <summary>Whether an address is one of this node's, outside the links that plugins claim.</summary>
    public Func<InetAddress, bool> IsNodeAddress { get; init; } = static _ => true;
}
