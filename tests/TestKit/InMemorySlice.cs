using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;

namespace NetAgent.TestKit;

/// <summary>
/// A slice without a kernel behind it, for tests of plugins: refuses rows outside the claims and counts scopes as the agent's does.
/// </summary>
public sealed class InMemorySlice : ISlice
{
    private readonly Dictionary<string, RowSet> _scopes = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, IRowTable> _tables = RowClaims.All.ToDictionary(
        kind => kind.Row, kind => (IRowTable)Activator.CreateInstance(typeof(RowTable<,>).MakeGenericType(kind.Key, kind.Row))!);

    private ClaimChecks _claims = new(PluginClaims.None);

    /// <summary>What the plugin claims, as <see cref="ConfigurationResult.Claims"/> says it; nothing at first.</summary>
    public PluginClaims Claims
    {
        get => _claims.Claims;
        set => _claims = new(value);
    }

    /// <summary>IPVS services.</summary>
    public RowTable<VirtualServerKey, VirtualServer> VirtualServers => Of<VirtualServerKey, VirtualServer>();

    /// <summary>IPVS destinations.</summary>
    public RowTable<RealServerKey, RealServer> RealServers => Of<RealServerKey, RealServer>();

    /// <summary>IPVS timeouts.</summary>
    public RowTable<string, IpvsTimeouts> IpvsTimeouts => Of<string, IpvsTimeouts>();

    /// <summary>Dummy links.</summary>
    public RowTable<string, DummyLink> Links => Of<string, DummyLink>();

    /// <summary>Addresses on links.</summary>
    public RowTable<LinkAddressKey, LinkAddress> Addresses => Of<LinkAddressKey, LinkAddress>();

    /// <summary>Sets.</summary>
    public RowTable<string, IpSet> IpSets => Of<string, IpSet>();

    /// <summary>Members of sets.</summary>
    public RowTable<IpSetEntry, IpSetEntry> IpSetEntries => Of<IpSetEntry, IpSetEntry>();

    /// <summary>Chains.</summary>
    public RowTable<ChainKey, Chain> Chains => Of<ChainKey, Chain>();

    /// <summary>Jumps.</summary>
    public RowTable<JumpKey, Jump> Jumps => Of<JumpKey, Jump>();

    /// <summary>Sysctls.</summary>
    public RowTable<string, Sysctl> Sysctls => Of<string, Sysctl>();

    /// <summary>Files.</summary>
    public RowTable<string, ConfigFile> Files => Of<string, ConfigFile>();

    /// <summary>Health-check node ports.</summary>
    public RowTable<ushort, HealthCheckPort> HealthCheckPorts => Of<ushort, HealthCheckPort>();

    /// <summary>Notices of all scopes, in the scopes' order.</summary>
    public IReadOnlyList<Notice> Notices => [.. _scopes.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value.Notices)];

    /// <summary>Gauges of all scopes, in the scopes' order.</summary>
    public IReadOnlyList<Gauge> Gauges => [.. _scopes.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value.Gauges)];

    /// <summary>Every call so far, oldest first: <c>replace SCOPE</c> or <c>remove SCOPE</c>. Tests may clear it.</summary>
    public IList<string> Calls { get; } = new List<string>();

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Scopes => _scopes.Keys;

    /// <inheritdoc/>
    public void Replace(string scope, RowSet rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        Calls.Add($"replace {scope}");
        foreach (var kind in RowClaims.All)
        {
            if (kind.FindUncovered(_claims, rows) is var (row, claim))
            {
                throw new ClaimViolationException(
                    $"scope '{scope}': {row} lies outside the plugin's claims; PluginClaims.{claim} would have to name it");
            }
        }
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
        foreach (var table in _tables.Values)
        {
            table.Replace(scope, before, now);
        }
    }

    private RowTable<TKey, TRow> Of<TKey, TRow>()
        where TKey : notnull
        where TRow : struct, IRow<TKey> => (RowTable<TKey, TRow>)_tables[typeof(TRow)];
}
