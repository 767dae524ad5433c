using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>detectLocalMode of KubeProxyConfiguration.</summary>
internal enum DetectLocalMode
{
    ClusterCIDR,
    NodeCIDR,
    BridgeInterface,
    InterfaceNamePrefix,
}

/// <summary>How traffic of the cluster's own pods is told.</summary>
internal sealed record DetectLocal(DetectLocalMode Mode, string BridgeInterface = "", string InterfaceNamePrefix = "");

/// <summary>nodePortAddresses: which addresses of the node serve node ports. The default value is "all".</summary>
/// <param name="Networks">Addresses inside one of these.</param>
/// <param name="Primary">The node's primary address of each family.</param>
internal readonly record struct NodePortAddresses(EquatableArray<InetPrefix> Networks, bool Primary);

/// <summary>What the plugin takes from a KubeProxyConfiguration, defaults applied.</summary>
internal sealed record IpvsConfiguration
{
    public static IpvsConfiguration Default { get; } = new();

    /// <summary>ipvs.scheduler.</summary>
    public string Scheduler { get; init; } = "rr";

    /// <summary>ipvs.syncPeriod.</summary>
    public TimeSpan SyncPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>ipvs.minSyncPeriod.</summary>
    public TimeSpan MinSyncPeriod { get; init; }

    /// <summary>ipvs.excludeCIDRs.</summary>
    public EquatableArray<InetPrefix> ExcludeCIDRs { get; init; }

    /// <summary>ipvs.tcpTimeout, tcpFinTimeout and udpTimeout in seconds; 0 keeps the kernel's.</summary>
    public IpvsTimeouts Timeouts { get; init; }

    /// <summary>iptables.masqueradeAll: the iptables section's, in IPVS mode too.</summary>
    public bool MasqueradeAll { get; init; }

    /// <summary>iptables.masqueradeBit, 0 to 31.</summary>
    public int MasqueradeBit { get; init; } = 14;

    /// <summary>detectLocalMode with detectLocal.</summary>
    public DetectLocal DetectLocal { get; init; } = new(DetectLocalMode.ClusterCIDR);

    /// <summary>clusterCIDR.</summary>
    public EquatableArray<InetPrefix> ClusterCIDRs { get; init; }

    /// <summary>nodePortAddresses.</summary>
    public NodePortAddresses NodePortAddresses { get; init; }

    /// <summary>bindAddress, which overrides the node's address of its family; none for 0.0.0.0 and ::.</summary>
    public InetAddress BindAddress { get; init; }

    /// <summary>excludeForeignAddresses, NetAgent's own: external addresses that other hosts have are left out.</summary>
    public bool ExcludeForeignAddresses { get; init; }

    /// <summary>vipBinding, NetAgent's own: how service addresses become the node's.</summary>
    public AddressBinding VipBinding { get; init; } = AddressBinding.Address;
}
