using NetAgent.Contracts;

namespace NetAgent.Dataplane.Ownership;

/// <summary>Current and earlier claims together, for the record, which must cover all that may be in the kernel.</summary>
internal static class ClaimUnion
{
    /// <summary>Only the current exclusions count.</summary>
    public static PluginClaims Of(PluginClaims now, PluginClaims before) => now.Equals(before) ? now : now with
    {
        VirtualServers = Join(now.VirtualServers, before.VirtualServers),
        IpvsTimeouts = now.IpvsTimeouts || before.IpvsTimeouts,
        Links = Join(now.Links, before.Links),
        IpSets = Join(now.IpSets, before.IpSets),
        Chains = Join(now.Chains, before.Chains),
        Jumps = Join(now.Jumps, before.Jumps),
        Sysctls = Join(now.Sysctls, before.Sysctls),
        Files = Join(now.Files, before.Files),
        HealthCheckPorts = now.HealthCheckPorts || before.HealthCheckPorts,
    };

    private static EquatableArray<T> Join<T>(EquatableArray<T> now, EquatableArray<T> before)
        where T : IEquatable<T> => now.Union(before).ToEquatableArray();
}
