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
/// <param name="JumpParents">Chains that may hold claimed jumps, by table and name; built-in ones count anyway.</param>
internal sealed record ReadScope(
    IReadOnlyCollection<string> Sysctls,
    IReadOnlyCollection<string> Files,
    IReadOnlyCollection<string> Links,
    Func<string, bool> IsSetOfInterest,
    IReadOnlyCollection<string> IptablesTables,
    IReadOnlyCollection<(string Table, string Parent)> JumpParents);

/// <summary>The kernel's side of every kind of row that the dataplane writes, by kind.</summary>
internal sealed class KernelTables
{
    private readonly Dictionary<Type, object> _tables = [];

    public required IConnectionCounter Connections { get; init; }

    public required IStaleFlows Flows { get; init; }

    /// <summary>Whether an address is one of this node's, outside the links that plugins claim.</summary>
    public Func<InetAddress, bool> IsNodeAddress { get; init; } = static _ => true;

    public KernelTables Add<TKey, TRow>(IKernelTable<TKey, TRow> table)
        where TKey : notnull
        where TRow : struct, IRow<TKey>, IEquatable<TRow>
    {
        _tables.Add(typeof(TRow), table);
        return this;
    }

    /// <exception cref="InvalidOperationException">The kind is registered and this kernel was given no table for it.</exception>
    public IKernelTable<TKey, TRow> Of<TKey, TRow>()
        where TKey : notnull
        where TRow : struct, IRow<TKey>, IEquatable<TRow> => _tables.TryGetValue(typeof(TRow), out var table)
            ? (IKernelTable<TKey, TRow>)table
            : throw new InvalidOperationException($"no kernel table reads and writes {typeof(TRow).Name}");
}
