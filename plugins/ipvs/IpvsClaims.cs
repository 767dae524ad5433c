using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Chains;
using NetAgent.Plugins.Ipvs.Configuration;
using NetAgent.Plugins.Ipvs.Endpoints;
using NetAgent.Plugins.Ipvs.Nodes;
using NetAgent.Plugins.Ipvs.Services;
using NetAgent.Plugins.Ipvs.Sets;

namespace NetAgent.Plugins.Ipvs;

/// <summary>What the plugin owns and what it wants to see.</summary>
internal static class IpvsClaims
{
    public static PluginClaims For(IpvsConfiguration configuration) => new()
    {
        VirtualServers = [VirtualServerClaim.All],
        IpvsTimeouts = true,
        VirtualServerExclusions = configuration.ExcludeCIDRs,
        Links = [NodeObserver.VipLink],
        IpSets = KubeSets.All.SelectMany(set => new[] { set.Name(IpFamily.IPv4), set.Name(IpFamily.IPv6) }).ToEquatableArray(),
        Chains = ChainNames.InNat.Select(name => new ChainClaim("nat", name))
            .Concat(ChainNames.InFilter.Select(name => new ChainClaim("filter", name))).ToEquatableArray(),
        Jumps = BaseJumps.All.Select(jump => new JumpClaim(jump.Table, jump.Parent, jump.Target)).ToEquatableArray(),
        Sysctls = NodeScope.Sysctls.Always.Append(NodeScope.Sysctls.ConnReuseMode).ToEquatableArray(),
        HealthCheckPorts = true,
    };

    public static Observations Observations { get; } = new()
    {
        Links = true,
        IpvsSchedulers = true,
        ForeignAddresses = true,
        Annotations = [SchedulerChoice.Annotation, ServiceWeights.SliceAnnotation, ServiceWeights.LocalAnnotation,
        ServiceWeights.ZoneAnnotation],
    };
}
