using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Tables;

/// <summary>What can be had of the kernel without listing all of a kind. Null is a number that this kernel does not tell.</summary>
internal interface IKernelCounters
{
    /// <summary>How many members each ipset has.</summary>
    IReadOnlyDictionary<string, uint>? CountMembers();

    /// <summary>How many IPv4 virtual servers there are.</summary>
    uint? CountVirtualServers();

    /// <summary>The real servers of one virtual server; none where there is no such.</summary>
    /// <exception cref="KernelException">The read failed.</exception>
    IReadOnlyCollection<RealServer> ReadRealServers(VirtualServerKey server);

    /// <summary>The value of a sysctl; null where it cannot be read.</summary>
    string? ReadSysctl(string path);

    /// <summary>A number that differs after each change of the iptables rules by anybody.</summary>
    ulong? StampRules();
}
