using System.Collections.Immutable;

namespace NetAgent.Contracts;

/// <summary>A network interface of the node's network namespace (rtnetlink).</summary>
public sealed record LinkFacts
{
    /// <summary>ifindex, from 1.</summary>
    public required int Index { get; init; }

    /// <summary>IFLA_IFNAME.</summary>
    public required string Name { get; init; }

    /// <summary>IFLA_INFO_KIND such as <c>veth</c>, <c>dummy</c>, <c>bridge</c>; empty for a physical device.</summary>
    public string Kind { get; init; } = "";

    /// <summary>IFF_UP.</summary>
    public bool IsUp { get; init; }

    /// <summary>IFF_LOOPBACK.</summary>
    public bool IsLoopback { get; init; }

    /// <summary>IFF_NOARP.</summary>
    public bool IsNoArp { get; init; }

    /// <summary>ifindex of the bridge or bond it is enslaved to, or 0.</summary>
    public int MasterIndex { get; init; }

    /// <summary>Its addresses with their prefix lengths, ordered.</summary>
    public EquatableArray<InetPrefix> Addresses { get; init; }

    /// <summary>A route other than a local one leaves through it.</summary>
    public bool HasRoutes { get; init; }
}

/// <summary>Counters of connection tracking (ctnetlink statistics), summed over CPUs; each counts from the boot and is never negative.</summary>
public sealed record ConntrackFacts
{
    /// <summary>Entries in this namespace now.</summary>
    public long Count { get; init; }

    /// <summary>nf_conntrack_max in entries; 0 means no limit.</summary>
    public long Max { get; init; }

    /// <summary>Buckets of the hash table; 0 when unknown.</summary>
    public long Buckets { get; init; }

    /// <summary>Inserts lost, mostly to clashes.</summary>
    public long InsertFailed { get; init; }

    /// <summary>Packets dropped because the table was full.</summary>
    public long Drop { get; init; }

    /// <summary>Unassured entries evicted to make room.</summary>
    public long EarlyDrop { get; init; }

    /// <summary>Look-ups restarted, by resizing or contention.</summary>
    public long SearchRestart { get; init; }

    /// <summary>Packets that fit no connection.</summary>
    public long Invalid { get; init; }

    /// <summary>Inserts refused because a hash chain was too long.</summary>
    public long ChainTooLong { get; init; }
}

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
public sealed record RouteFacts
{
    /// <summary>The interface that it leaves by; empty where there is no way.</summary>
    public string Link { get; init; } = "";

    /// <summary>The next hop; <see cref="InetAddress.IsNone"/> where the destination is on the link.</summary>
    public InetAddress Gateway { get; init; }

    /// <summary>The address that MASQUERADE gives it there; <see cref="InetAddress.IsNone"/> where the link has none.</summary>
    public InetAddress MasqueradeSource { get; init; }

    /// <summary>Why there is no way, as the kernel says; null where there is one.</summary>
    public string? Problem { get; init; }
}

/// <summary>What a plugin wants to see of the node and of the cluster's objects. Asking for more costs more; nothing is the default.</summary>
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

    /// <summary>
    /// Labels of Services and EndpointSlices to carry: keys, or prefixes followed by <c>*</c>. Asked for after the cluster was read, it is read
    /// once more, and <see cref="IDataplanePlugin.Reconcile"/> waits for that.
    /// </summary>
    public EquatableArray<string> Labels { get; init; }

    /// <summary>Annotations of Services and EndpointSlices to carry, as <see cref="Labels"/>: <c>acme.example/*</c>.</summary>
    public EquatableArray<string> Annotations { get; init; }

    /// <summary>Addresses of other hosts, as far as they are known; read at each full verification and when the cluster's Nodes change.</summary>
    public bool ForeignAddresses { get; init; }
}
