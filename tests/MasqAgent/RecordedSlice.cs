using NetAgent.Contracts;

namespace NetAgent.MasqAgent.Tests;

/// <summary>A slice that keeps what was written, copied as the host copies it.</summary>
internal sealed class RecordedSlice : ISlice
{
    private readonly Dictionary<string, (Chain[] Chains, Jump[] Jumps, Notice[] Notices, Gauge[] Gauges)> _scopes = [];

    public IReadOnlyCollection<string> Scopes => _scopes.Keys;

    public IReadOnlyList<Chain> Chains => [.. _scopes.Values.SelectMany(s => s.Chains)];

    public IReadOnlyList<Jump> Jumps => [.. _scopes.Values.SelectMany(s => s.Jumps)];

    public IReadOnlyList<Notice> Notices => [.. _scopes.Values.SelectMany(s => s.Notices)];

    public IReadOnlyList<Gauge> Gauges => [.. _scopes.Values.SelectMany(s => s.Gauges)];

    public void Replace(string scope, RowSet rows) => _scopes[scope] = ([.. rows.Chains], [.. rows.Jumps], [.. rows.Notices], [.. rows.Gauges]);

    public void Remove(string scope) => _scopes.Remove(scope);

    public int CountEntries(string set) => 0;
}
