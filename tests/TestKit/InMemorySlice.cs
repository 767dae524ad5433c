using NetAgent.Contracts;

namespace NetAgent.TestKit;

/// <summary>A slice without a kernel behind it, for tests of plugins: counts claims as the host's does.</summary>
public sealed class InMemorySlice : ISlice
{
    private readonly Dictionary<string, RowSet> _scopes = new(StringComparer.Ordinal);

    /// <summary>IPVS services.</summary>
    public RowTable<VirtualServerKey, VirtualServer> VirtualServers { get; } = new();

    /// <summary>IPVS destinations.</summary>
    public RowTable<RealServerKey, RealServer> RealServers { get; } = new();

    /// <summary>IPVS timeouts.</summary>
    public RowTable<string, IpvsTimeouts> IpvsTimeouts { get; } = new();

    /// <summary>Dummy links.</summary>
    public RowTable<string, DummyLink> Links { get; } = new();

    /// <summary>Addresses on links.</summary>
    public RowTable<LinkAddressKey, LinkAddress> Addresses { get; } = new();

    /// <summary>Sets.</summary>
    public RowTable<string, IpSet> IpSets { get; } = new();

    /// <summary>Members of sets.</summary>
    public RowTable<IpSetEntry, IpSetEntry> IpSetEntries { get; } = new();

    /// <summary>Chains.</summary>
    public RowTable<ChainKey, Chain> Chains { get; } = new();

    /// <summary>Jumps.</summary>
    public RowTable<JumpKey, Jump> Jumps { get; } = new();

    /// <summary>Sysctls.</summary>
    public RowTable<string, Sysctl> Sysctls { get; } = new();

    /// <summary>Files.</summary>
    public RowTable<string, ConfigFile> Files { get; } = new();

    /// <summary>Health-check node ports.</summary>
    public RowTable<ushort, HealthCheckPort> HealthCheckPorts { get; } = new();

    /// <summary>Notices of all scopes, in the scopes' order.</summary>
    public IEnumerable<Notice> Notices => _scopes.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value.Notices);

    /// <summary>Gauges of all scopes, in the scopes' order.</summary>
    public IEnumerable<Gauge> Gauges => _scopes.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value.Gauges);

    /// <summary>Every call so far, oldest first: <c>replace SCOPE</c> or <c>remove SCOPE</c>. Tests may clear it.</summary>
    public IList<string> Calls { get; } = new List<string>();

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Scopes => _scopes.Keys;

    /// <inheritdoc/>
    public void Replace(string scope, RowSet rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        Calls.Add($"replace {scope}");
        Apply(scope, _scopes.GetValueOrDefault(scope) ?? new RowSet(), rows);
        _scopes[scope] = rows.Copy();
    }

    /// <inheritdoc/>
    public void Remove(string scope)
    {
        Calls.Add($"remove {scope}");
        if (_scopes.Remove(scope, out var before))
        {
            Apply(scope, before, new RowSet());
        }
    }

    /// <inheritdoc/>
    public int CountEntries(string set) => IpSetEntries.Rows.Count(entry => entry.Set == set);

    private void Apply(string scope, RowSet before, RowSet now)
    {
        VirtualServers.Replace(scope, [.. before.VirtualServers], [.. now.VirtualServers]);
        RealServers.Replace(scope, [.. before.RealServers], [.. now.RealServers]);
        IpvsTimeouts.Replace(scope, [.. before.IpvsTimeouts], [.. now.IpvsTimeouts]);
        Links.Replace(scope, [.. before.Links], [.. now.Links]);
        Addresses.Replace(scope, [.. before.Addresses], [.. now.Addresses]);
        IpSets.Replace(scope, [.. before.IpSets], [.. now.IpSets]);
        IpSetEntries.Replace(scope, [.. before.IpSetEntries], [.. now.IpSetEntries]);
        Chains.Replace(scope, [.. before.Chains], [.. now.Chains]);
        Jumps.Replace(scope, [.. before.Jumps], [.. now.Jumps]);
        Sysctls.Replace(scope, [.. before.Sysctls], [.. now.Sysctls]);
        Files.Replace(scope, [.. before.Files], [.. now.Files]);
        HealthCheckPorts.Replace(scope, [.. before.HealthCheckPorts], [.. now.HealthCheckPorts]);
    }
}
