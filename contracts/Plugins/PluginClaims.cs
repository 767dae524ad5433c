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
/// A claim to IPVS services with their destinations. Plugins share IPVS by claiming parts of it. Ranges must not overlap; what two plugins
/// both want through their sets is a conflict of rows, and the older row holds.
/// </summary>
public readonly record struct VirtualServerClaim
{
    /// <summary>
    /// Those of any address. What the plugin owns: those that the agent once wrote for it (by its state file), those on addresses of the
    /// claimed links and those on node ports of claimed sets. Others are foreign and stay.
    /// </summary>
    public static VirtualServerClaim All => default;

    /// <summary>The range of addresses; none unless this was made by <see cref="Within"/>.</summary>
    public InetPrefix Range { get; private init; }

    /// <summary>The set's name; null unless this was made by <see cref="InSet"/>.</summary>
    public string? Set { get; private init; }

    /// <summary>Those with an address in a range, whoever made them.</summary>
    /// <exception cref="ArgumentException">The range is the default value.</exception>
    public static VirtualServerClaim Within(InetPrefix range) =>
        range.IsNone ? throw new ArgumentException("a range of addresses is needed; All claims every one", nameof(range))
            : new() { Range = range.Network };

    /// <summary>
    /// Those that a set holds, whoever made them: by address (hash:ip), by address and port (hash:ip,port) or by a node's port
    /// (bitmap:port). A scope that wants one must want its member of the set too.
    /// </summary>
    public static VirtualServerClaim InSet(string set)
    {
        ArgumentException.ThrowIfNullOrEmpty(set);
        return new() { Set = set };
    }

    /// <summary><c>of any address</c>, <c>in 10.96.0.0/12</c>, <c>of set ACME</c>.</summary>
    public override string ToString() => Set is not null ? $"of set {Set}" : Range.IsNone ? "of any address" : $"in {Range}";
}

/// <summary>
/// The kernel state that a plugin owns. Within its claims what the plugin does not want is removed; outside them nothing it writes is
/// accepted. Claims of two plugins must not overlap; the host refuses the second.
/// </summary>
public sealed record PluginClaims
{
    /// <summary>Nothing.</summary>
    public static PluginClaims None { get; } = new();

    /// <summary>IPVS services with their destinations, both families.</summary>
    public EquatableArray<VirtualServerClaim> VirtualServers { get; init; }

    /// <summary>The IPVS timeouts, of which there is one row.</summary>
    public bool IpvsTimeouts { get; init; }

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
