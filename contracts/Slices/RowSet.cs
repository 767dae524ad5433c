namespace NetAgent.Contracts;

/// <summary>The rows of one scope, gathered by a plugin and handed to <see cref="ISlice.Replace"/>. May be cleared and used again afterwards.</summary>
public sealed class RowSet
{
    /// <summary>IPVS services.</summary>
    public IList<VirtualServer> VirtualServers { get; } = new List<VirtualServer>();

    /// <summary>IPVS destinations.</summary>
    public IList<RealServer> RealServers { get; } = new List<RealServer>();

    /// <summary>IPVS timeouts, at most one.</summary>
    public IList<IpvsTimeouts> IpvsTimeouts { get; } = new List<IpvsTimeouts>();

    /// <summary>Dummy links.</summary>
    public IList<DummyLink> Links { get; } = new List<DummyLink>();

    /// <summary>Addresses on links.</summary>
    public IList<LinkAddress> Addresses { get; } = new List<LinkAddress>();

    /// <summary>Sets.</summary>
    public IList<IpSet> IpSets { get; } = new List<IpSet>();

    /// <summary>Members of sets.</summary>
    public IList<IpSetEntry> IpSetEntries { get; } = new List<IpSetEntry>();

    /// <summary>Chains.</summary>
    public IList<Chain> Chains { get; } = new List<Chain>();

    /// <summary>Jumps into chains.</summary>
    public IList<Jump> Jumps { get; } = new List<Jump>();

    /// <summary>Sysctls.</summary>
    public IList<Sysctl> Sysctls { get; } = new List<Sysctl>();

    /// <summary>Files.</summary>
    public IList<ConfigFile> Files { get; } = new List<ConfigFile>();

    /// <summary>Health-check node ports.</summary>
    public IList<HealthCheckPort> HealthCheckPorts { get; } = new List<HealthCheckPort>();

    /// <summary>What an operator should see about this scope.</summary>
    public IList<Notice> Notices { get; } = new List<Notice>();

    /// <summary>Gauges about this scope.</summary>
    public IList<Gauge> Gauges { get; } = new List<Gauge>();

    /// <summary>Empties every list, keeping their room.</summary>
    public void Clear()
    {
        VirtualServers.Clear();
        RealServers.Clear();
        IpvsTimeouts.Clear();
        Links.Clear();
        Addresses.Clear();
        IpSets.Clear();
        IpSetEntries.Clear();
        Chains.Clear();
        Jumps.Clear();
        Sysctls.Clear();
        Files.Clear();
        HealthCheckPorts.Clear();
        Notices.Clear();
        Gauges.Clear();
    }
}
