using NetAgent.Contracts;

namespace NetAgent.Dataplane.Ownership;

/// <summary>The claims of now together with those of before, for the record: whoever reads it finds all that may be in the kernel.</summary>
internal static class ClaimUnion
{
    /// <summary>Exclusions are those of now: what they protect is protected under both.</summary>
    public static PluginClaims Of(PluginClaims now, PluginClaims before) => now.Equals(before) ? now : now with
    {
        VirtualServers = now.VirtualServers || before.VirtualServers,
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
