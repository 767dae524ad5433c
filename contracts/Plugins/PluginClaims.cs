namespace NetAgent.Contracts;

/// <summary>A claim to chains of one name pattern.</summary>
/// <param name="Table">nat, filter, mangle or raw.</param>
/// <param name="Pattern">A chain name, or a prefix followed by <c>*</c>.</param>
public readonly record struct ChainClaim(string Table, string Pattern);

/// <summary>A claim to rules in a chain that is not the plugin's.</summary>
/// <param name="Table">nat, filter, mangle or raw.</param>
/// <param name="Parent">The chain that holds them, such as POSTROUTING.</param>
/// <param name="Target">A rule in it whose -j target matches (a chain name, or a prefix followed by <c>*</c>) is the plugin's.</param>
public readonly record struct JumpClaim(string Table, string Parent, string Target);

/// <summary>
/// The kernel state that a plugin owns. Within its claims what the plugin does not want is removed; outside them nothing it writes is
/// accepted. Claims of two plugins must not overlap; the host refuses the second.
/// </summary>
public sealed record PluginClaims
{
    /// <summary>Nothing.</summary>
    public static PluginClaims None { get; } = new();

    /// <summary>
    /// IPVS services: those the agent once wrote (by its state file), those on addresses of the claimed links and those on node ports
    /// of claimed sets. Others are foreign and stay.
    /// </summary>
    public bool VirtualServers { get; init; }

    /// <summary>Virtual servers with an address in one of these are never removed (kube-proxy's excludeCIDRs).</summary>
    public EquatableArray<InetPrefix> VirtualServerExclusions { get; init; }

    /// <summary>Names of dummy links, with all addresses on them.</summary>
    public EquatableArray<string> Links { get; init; }

    /// <summary>Names of sets, or prefixes followed by <c>*</c>.</summary>
    public EquatableArray<string> IpSets { get; init; }

    /// <summary>Chains, both families.</summary>
    public EquatableArray<ChainClaim> Chains { get; init; }

    /// <summary>Jumps, both families.</summary>
    public EquatableArray<JumpClaim> Jumps { get; init; }

    /// <summary>Sysctl paths below /proc/sys (or /sys/module/…), <c>*</c> standing for one path element.</summary>
    public EquatableArray<string> Sysctls { get; init; }

    /// <summary>Absolute paths of files.</summary>
    public EquatableArray<string> Files { get; init; }

    /// <summary>Health-check node ports.</summary>
    public bool HealthCheckPorts { get; init; }
}
