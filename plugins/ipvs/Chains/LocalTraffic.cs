using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Configuration;
using NetAgent.Plugins.Ipvs.Nodes;

namespace NetAgent.Plugins.Ipvs.Chains;

/// <summary>What tells traffic of this cluster's pods from others' (detectLocalMode), per family.</summary>
internal static class LocalTraffic
{
    /// <summary>A match for traffic that is not local, as iptables-save prints it; null when this family has no way to tell.</summary>
    public static string? NotLocal(IpvsConfiguration configuration, NodeView node, IpFamily family)
    {
        switch (configuration.DetectLocal.Mode)
        {
            case DetectLocalMode.NodeCIDR:
                return NotFrom(FirstOf(node.PodCIDRs, family));
            case DetectLocalMode.BridgeInterface:
                return $"! -i {configuration.DetectLocal.BridgeInterface}";
            case DetectLocalMode.InterfaceNamePrefix:
                return $"! -i {configuration.DetectLocal.InterfaceNamePrefix}+";
            default:
                return NotFrom(FirstOf(configuration.ClusterCIDRs, family));
        }
    }

    private static string? NotFrom(InetPrefix prefix) => prefix.IsNone ? null : $"! -s {prefix.Network}";

    private static InetPrefix FirstOf(EquatableArray<InetPrefix> prefixes, IpFamily family)
    {
        foreach (var prefix in prefixes)
        {
            if (prefix.Family == family)
            {
                return prefix;
            }
        }
        return default;
    }
}
