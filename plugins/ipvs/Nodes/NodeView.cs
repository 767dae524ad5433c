using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Nodes;

/// <summary>What the plugin needs to know of its node, drawn from the Node object and the host's facts.</summary>
internal sealed record NodeView
{
    /// <summary>Both, always: where the node has one switched off, the dataplane leaves its rows out until it is on.</summary>
    public static IReadOnlyList<IpFamily> Families { get; } = [IpFamily.IPv4, IpFamily.IPv6];

    /// <summary>The node's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its zone, or null.</summary>
    public string? Zone { get; init; }

    /// <summary>The address that stands for the node in source ranges; loopback when the Node has none.</summary>
    public required InetAddress IPv4 { get; init; }

    /// <summary>As <see cref="IPv4"/>.</summary>
    public required InetAddress IPv6 { get; init; }

    /// <summary>The Node's pod networks.</summary>
    public EquatableArray<InetPrefix> PodCIDRs { get; init; }

    /// <summary>Kernel version; 0.0 when unknown.</summary>
    public required Version Kernel { get; init; }

    /// <summary>Schedulers that IPVS accepts; null when not probed.</summary>
    public EquatableArray<string>? Schedulers { get; init; }

    /// <summary>False until the interfaces could be read once.</summary>
    public bool LinksKnown { get; init; }

    /// <summary>Addresses on interfaces other than the agent's, ordered.</summary>
    public EquatableArray<InetAddress> OtherAddresses { get; init; }

    /// <summary>Addresses that other hosts have, ordered.</summary>
    public EquatableArray<ForeignAddress> ForeignAddresses { get; init; }

    /// <summary>Networks of the cluster's pods.</summary>
    public EquatableArray<InetPrefix> PodNetworks { get; init; }

    /// <summary>External addresses that others have are left out.</summary>
    public bool ExcludesForeignAddresses { get; init; }

    /// <summary>Addresses that serve node ports, both families, ordered.</summary>
    public EquatableArray<InetAddress> NodePortAddresses { get; init; }

    /// <summary>nodePortAddresses leaves some addresses out, so health checks do not listen on all either.</summary>
    public bool NodePortsAreRestricted { get; init; }

    public InetAddress Address(IpFamily family) => family == IpFamily.IPv6 ? IPv6 : IPv4;

    public bool Accepts(string scheduler) => Schedulers is not { } known || known.AsSpan().Contains(scheduler);

    /// <summary>Who else has an address, and what is lost when this node takes it for its own; null when nobody is known to have it.</summary>
    public ForeignAddress? OtherOwnerOf(InetAddress address)
    {
        if (IsOnAnotherInterface(address))
        {
            return null;
        }
        foreach (var foreign in ForeignAddresses)
        {
            if (foreign.Address == address)
            {
                return foreign;
            }
        }
        foreach (var network in PodNetworks)
        {
            if (network.Contains(address))
            {
                return new() { Address = address, Owner = $"a pod network, {network}", Loss = "the pod that has it" };
            }
        }
        return null;
    }

    public bool IsOnAnotherInterface(InetAddress address) => OtherAddresses.AsSpan().BinarySearch(address) >= 0;
}
