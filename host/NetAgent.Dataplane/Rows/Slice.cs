using NetAgent.Contracts;
using NetAgent.Dataplane.Kinds;
using NetAgent.Dataplane.Reconcile;

namespace NetAgent.Dataplane.Rows;

/// <summary>A plugin's slice: its scopes over the common tables.</summary>
internal sealed class Slice(PluginEntry plugin, TableSet tables, ScopeBook book) : ISlice
{
    private readonly Dictionary<string, Scope> _scopes = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Scopes => _scopes.Keys;

    public IEnumerable<Scope> Written => _scopes.Values;

    public void Replace(string scope, RowSet rows)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(rows);
        if (!IsOpen)
        {
            throw new InvalidOperationException($"the slice of plugin {plugin.Name} is closed");
        }
        RowClaims.Verify(plugin.Name, scope, plugin.Claims, rows);
        if (!_scopes.TryGetValue(scope, out var written))
        {
            _scopes.Add(scope, written = book.Open(scope));
        }
        var duplicates = new List<Notice>();
        Replace(tables.Sysctls, written, rows.Sysctls, duplicates);
        Replace(tables.IpSets, written, rows.IpSets, duplicates);
        Replace(tables.IpSetEntries, written, rows.IpSetEntries, duplicates);
        Replace(tables.Chains, written, rows.Chains, duplicates);
        Replace(tables.Jumps, written, rows.Jumps, duplicates);
        Replace(tables.Links, written, rows.Links, duplicates);
        Replace(tables.Timeouts, written, rows.IpvsTimeouts, duplicates);
        Replace(tables.VirtualServers, written, rows.VirtualServers, duplicates);
        Replace(tables.RealServers, written, rows.RealServers, duplicates);
        Replace(tables.Addresses, written, rows.Addresses, duplicates);
        Replace(tables.Files, written, rows.Files, duplicates);
        Replace(tables.HealthCheckPorts, written, rows.HealthCheckPorts, duplicates);
        written.Notices = [.. rows.Notices, .. duplicates];
        written.Gauges = [.. rows.Gauges];
    }

    public void Remove(string scope)
    {
        if (_scopes.Remove(scope, out var gone))
        {
            Drop(gone, forget: false);
        }
    }

    public int CountEntries(string set) => tables.CountEntries(plugin.Id, set);

    /// <summary>Drops every scope; with <paramref name="forget"/> their rows stay in the kernel, unknown.</summary>
    public void Clear(bool forget)
    {
        foreach (var scope in _scopes.Values)
        {
            Drop(scope, forget);
        }
        _scopes.Clear();
    }

    private bool IsOpen => ReferenceEquals(plugin.Slice, this);

    private void Drop(Scope scope, bool forget)
    {
        foreach (var table in tables.InOrderOfWriting)
        {
            // Nobody but the host serves health-check ports: they cannot stay without it.
            table.RemoveScope(scope, forget && table != tables.HealthCheckPorts);
        }
        book.Close(scope);
    }

    private void Replace<TKey, TRow>(TableReconciler<TKey, TRow> table, Scope scope, IList<TRow> rows, List<Notice> duplicates)
        where TKey : notnull, IEquatable<TKey>
        where TRow : struct, IRow<TKey>, IEquatable<TRow> =>
        table.Rows.ReplaceScope(scope.Id, plugin.Id, rows, ref scope.Rows<TRow>(), (first, second) => duplicates.Add(new(
            Severity.Error,
            "DuplicateRow",
            $"scope '{scope.Name}' of plugin {plugin.Name} gives {table.Name} {first.Key} twice with different values; the first holds")));
}
