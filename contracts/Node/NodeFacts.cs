using System.Collections.Immutable;

namespace NetAgent.Contracts;

/// <summary>A network interface of the node's network namespace (rtnetlink).</summary>
/// <param name="Index">ifindex.</param>
/// <param name="Name">IFLA_IFNAME.</param>
/// <param name="Kind">IFLA_INFO_KIND such as <c>veth</c>, <c>dummy</c>, <c>bridge</c>; empty for a physical device.</param>
/// <param name="IsUp">IFF_UP.</param>
/// <param name="IsLoopback">IFF_LOOPBACK.</param>
/// <param name="IsNoArp">IFF_NOARP.</param>
/// <param name="MasterIndex">ifindex of the bridge or bond it is enslaved to, or 0.</param>
/// <param name="Addresses">Its addresses with their prefix lengths, ordered.</param>
/// <param name="HasRoutes">A route other than a local one leaves through it.</param>
public sealed record LinkFacts(
    int Index,
    string Name,
    string Kind,
    bool IsUp,
    bool IsLoopback,
    bool IsNoArp,
    int MasterIndex,
    EquatableArray<InetPrefix> Addresses,
    bool HasRoutes);

/// <summary>Counters of connection tracking (ctnetlink statistics), summed over CPUs.</summary>
/// <param name="Count">Entries in this namespace now.</param>
/// <param name="Max">nf_conntrack_max; 0 means no limit.</param>
/// <param name="Buckets">Size of the hash table; 0 when unknown.</param>
/// <param name="InsertFailed">Inserts lost, mostly to clashes.</param>
/// <param name="Drop">Packets dropped because the table was full.</param>
/// <param name="EarlyDrop">Unassured entries evicted to make room.</param>
/// <param name="SearchRestart">Look-ups restarted, by resizing or contention.</param>
/// <param name="Invalid">Packets that fit no connection.</param>
/// <param name="ChainTooLong">Inserts refused because a hash chain was too long.</param>
public sealed record ConntrackFacts(
    long Count, long Max, long Buckets, long InsertFailed, long Drop, long EarlyDrop, long SearchRestart, long Invalid, long ChainTooLong);

/// <summary>What the host sees of its node. Only what some plugin asked for in <see cref="Observations"/> is filled.</summary>
public sealed record NodeFacts
{
    /// <summary>Nothing is known.</summary>
    public static NodeFacts Unknown { get; } = new();

    /// <summary>Kernel version from /proc/sys/kernel/osrelease.</summary>
    public Version KernelVersion { get; init; } = new(0, 0);

    /// <summary>Online CPUs of the machine, at least 1.</summary>
    public int CpuCount { get; init; } = 1;

    /// <summary>MemTotal in bytes; 0 when unknown.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Interfaces, ordered by index. Null while they could not be read: keep the last good state, never take it as "none".</summary>
    public EquatableArray<LinkFacts>? Links { get; init; }

    /// <summary>Values of the sysctls asked for, by path below /proc/sys (<c>net/ipv4/ip_forward</c>); a missing path does not exist.</summary>
    public ImmutableSortedDictionary<string, string> Sysctls { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Paths asked for that exist and cannot be written here, with the reason.</summary>
    public ImmutableSortedDictionary<string, string> ReadOnlySysctls { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Connection tracking, or null when it was not asked for or cannot be read.</summary>
    public ConntrackFacts? Conntrack { get; init; }

    /// <summary>Rules of the tables asked for, as iptables-save prints them, in order, jumps and foreign chains included.</summary>
    public EquatableArray<IptablesTableFacts> IptablesTables { get; init; }

    /// <summary>The way of the packet asked about; only in <see cref="IExplainingPlugin.Explain"/>, and null where it could not be found out.</summary>
    public RouteFacts? Route { get; init; }

    /// <summary>
    /// Addresses that other hosts are known to have, ordered: other Nodes where they are known, the API server, the default gateways, DNS servers. A
    /// node that makes one of them its own cannot reach that host any more. None of the node's own is among them.
    /// </summary>
    public EquatableArray<ForeignAddress> ForeignAddresses { get; init; }

    /// <summary>Schedulers that IPVS accepts here, such as <c>rr</c>; null while not probed.</summary>
    public EquatableArray<string>? IpvsSchedulers { get; init; }
}

/// <summary>An address that another host is known to have.</summary>
public sealed record ForeignAddress
{
    /// <summary>The address.</summary>
    public required InetAddress Address { get; init; }

    /// <summary>Who has it, for people: <c>Node node-2</c>, <c>the default gateway</c>.</summary>
    public required string Owner { get; init; }

    /// <summary>What a node that takes the address for its own no longer reaches: <c>its kubelet and pods</c>.</summary>
    public string Loss { get; init; } = "";
}

/// <summary>One table as iptables-save prints it.</summary>
/// <param name="Family">IPv4 (iptables) or IPv6 (ip6tables).</param>
/// <param name="Table">nat, filter, mangle…</param>
/// <param name="Rules">Lines that start with -A.</param>
public sealed record IptablesTableFacts(IpFamily Family, string Table, EquatableArray<string> Rules)
{
    /// <summary>The kernel interface that holds it: <c>nft</c> or <c>legacy</c>.</summary>
    public string Backend { get; init; } = "";

    /// <summary>It is in the back end that the host does not write to; packets pass both.</summary>
    public bool IsOtherBackend { get; init; }
}

/// <summary>How the kernel routes a packet (RTM_GETROUTE).</summary>
/// <param name="Link">The interface that it leaves by; empty where there is no way.</param>
/// <param name="Gateway">The next hop; <see cref="InetAddress.IsNone"/> where the destination is on the link.</param>
/// <param name="MasqueradeSource">The address that MASQUERADE gives it there; <see cref="InetAddress.IsNone"/> where the link has none.</param>
/// <param name="Problem">Why there is no way, as the kernel says; null where there is one.</param>
public sealed record RouteFacts(string Link, InetAddress Gateway, InetAddress MasqueradeSource, string? Problem = null);

/// <summary>What a plugin wants to see in <see cref="NodeFacts"/>. Asking for more costs more; nothing is the default.</summary>
public sealed record Observations
{
    /// <summary>Nothing beyond kernel version, CPUs and memory.</summary>
    public static Observations None { get; } = new();

    /// <summary>Interfaces and their addresses, followed live through rtnetlink.</summary>
    public bool Links { get; init; }

    /// <summary>Sysctl paths or patterns below /proc/sys, <c>*</c> standing for one path element: <c>net/ipv4/conf/*/arp_ignore</c>.</summary>
    public EquatableArray<string> Sysctls { get; init; }

    /// <summary>
    /// Connection tracking counters, sampled every few seconds, at least at each <see cref="ConfigurationResult.Period"/> of those who ask,
    /// and several times a second while the table fills.
    /// </summary>
    public bool Conntrack { get; init; }

    /// <summary>iptables tables to list at each full verification, such as <c>nat</c>.</summary>
    public EquatableArray<string> IptablesTables { get; init; }

    /// <summary>Which IPVS schedulers the kernel accepts, probed once at start.</summary>
    public bool IpvsSchedulers { get; init; }

    /// <summary>Addresses of other hosts, as far as they are known; read at each full verification and when the cluster's Nodes change.</summary>
    public bool ForeignAddresses { get; init; }
}
