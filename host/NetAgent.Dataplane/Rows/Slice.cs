using NetAgent.Contracts;

namespace NetAgent.Dataplane.Rows;

/// <summary>A plugin's slice: its scopes over the common tables.</summary>
/// <param name="plugin">Whose.</param>
/// <param name="tables">One for each kind of row.</param>
/// <param name="book">All plugins' scopes.</param>
/// <param name="countEntries">How many different members a plugin wants in a set.</param>
internal sealed class Slice(PluginEntry plugin, IReadOnlyList<IRowStore> tables, ScopeBook book, Func<ushort, string, int> countEntries)
    : ISlice
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
        // All are checked before any is taken.
        foreach (var table in tables)
        {
            if (table.FindUncovered(plugin.Claims, rows) is var (row, claim))
            {
                throw new ClaimViolationException(
                    $"plugin {plugin.Name}, scope '{scope}': {row} lies outside the plugin's claims;"
                    + $" PluginClaims.{claim} would have to name it");
            }
        }
        if (!_scopes.TryGetValue(scope, out var written))
        {
            _scopes.Add(scope, written = book.Open(scope));
        }
        var duplicates = new List<Notice>();
        foreach (var table in tables)
        {
            table.ReplaceScope(written, plugin, rows, duplicates);
        }
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

    public int CountEntries(string set) => countEntries(plugin.Id, set);

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
        foreach (var table in tables)
        {
            table.RemoveScope(scope, forget);
        }
        book.Close(scope);
    }
}
