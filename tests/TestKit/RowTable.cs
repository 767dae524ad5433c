using NetAgent.Contracts;

namespace NetAgent.TestKit;

/// <summary>The same for every kind of row.</summary>
internal interface IRowTable
{
    void Replace(string scope, RowSet before, RowSet now);
}

/// <summary>One table of <see cref="InMemorySlice"/>: rows with the scopes that claim them, the oldest claim first.</summary>
/// <typeparam name="TKey">Identity of a row.</typeparam>
/// <typeparam name="TRow">The row.</typeparam>
public sealed class RowTable<TKey, TRow> : IRowTable
    where TKey : notnull
    where TRow : struct, IRow<TKey>
{
    private readonly Dictionary<TKey, List<(string Scope, TRow Row)>> _claims = [];

    /// <summary>The rows that hold: of several claims to a key the oldest.</summary>
    public IReadOnlyList<TRow> Rows => [.. _claims.Values.Select(claims => claims[0].Row)];

    /// <summary>Keys that scopes want with different values.</summary>
    public IEnumerable<TKey> Conflicts => _claims.Where(pair => pair.Value.Select(claim => claim.Row).Distinct().Count() > 1).Select(pair => pair.Key);

    void IRowTable.Replace(string scope, RowSet before, RowSet now)
    {
        var wanted = now.Of<TRow>().Select(row => row.Key).ToHashSet();
        foreach (var row in before.Of<TRow>().Where(row => !wanted.Contains(row.Key)))
        {
            Drop(scope, row.Key);
        }
        foreach (var row in now.Of<TRow>())
        {
            Put(scope, row);
        }
    }

    private void Put(string scope, TRow row)
    {
        if (!_claims.TryGetValue(row.Key, out var claims))
        {
            _claims.Add(row.Key, claims = []);
        }
        var own = claims.FindIndex(claim => claim.Scope == scope);
        if (own < 0)
        {
            claims.Add((scope, row));
        }
        else
        {
            claims[own] = (scope, row);
        }
    }

    private void Drop(string scope, TKey key)
    {
        if (_claims.TryGetValue(key, out var claims))
        {
            claims.RemoveAll(claim => claim.Scope == scope);
            if (claims.Count == 0)
            {
                _claims.Remove(key);
            }
        }
    }
}
