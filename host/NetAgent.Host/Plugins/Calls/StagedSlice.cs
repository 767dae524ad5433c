using NetAgent.Contracts;

namespace NetAgent.Host.Plugins.Calls;

/// <summary>
/// A slice in memory. Calls that write everything anew write here and reach the dataplane only when they succeeded: a plugin that throws
/// half-way after a restart or under a new configuration must not have the other half of its kernel state taken for unwanted.
/// </summary>
internal sealed class StagedSlice : ISlice
{
    private readonly Dictionary<string, RowSet> _scopes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<IpSetEntry, int>> _entries = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Scopes => _scopes.Keys;

    public void Replace(string scope, RowSet rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        Remove(scope);
        _scopes.Add(scope, rows.Copy());
        foreach (var entry in rows.IpSetEntries)
        {
            if (!_entries.TryGetValue(entry.Set, out var claims))
            {
                _entries.Add(entry.Set, claims = []);
            }
            claims[entry] = claims.GetValueOrDefault(entry) + 1;
        }
    }

    public void Remove(string scope)
    {
        if (!_scopes.Remove(scope, out var rows))
        {
            return;
        }
        foreach (var entry in rows.IpSetEntries)
        {
            var claims = _entries[entry.Set];
            if (--claims[entry] == 0)
            {
                claims.Remove(entry);
            }
        }
    }

    public int CountEntries(string set) => _entries.TryGetValue(set, out var claims) ? claims.Count : 0;

    public IEnumerable<RowSet> Rows => _scopes.Values;

    /// <summary>Makes the other slice hold the same scopes.</summary>
    public void CommitTo(ISlice slice)
    {
        foreach (var scope in slice.Scopes.Where(scope => !_scopes.ContainsKey(scope)).ToArray())
        {
            slice.Remove(scope);
        }
        foreach (var (scope, rows) in _scopes)
        {
            slice.Replace(scope, rows);
        }
    }
}
