using NetAgent.Contracts;

namespace NetAgent.Plugins.Tests;

/// <summary>A slice that remembers the last rows of every scope and holds the plugin to its claims.</summary>
internal sealed class RecordingSlice : ISlice
{
    private readonly Dictionary<string, Rows> _scopes = [];

    public PluginClaims Claims { get; set; } = PluginClaims.None;

    public IReadOnlyCollection<string> Scopes => _scopes.Keys;

    public IReadOnlyList<Sysctl> Sysctls => [.. _scopes.Values.SelectMany(r => r.Sysctls)];

    public IReadOnlyList<ConfigFile> Files => [.. _scopes.Values.SelectMany(r => r.Files)];

    public IReadOnlyList<Notice> Notices => [.. _scopes.Values.SelectMany(r => r.Notices)];

    public IReadOnlyList<Gauge> Gauges => [.. _scopes.Values.SelectMany(r => r.Gauges)];

    public void Replace(string scope, RowSet rows)
    {
        var unclaimed = rows.Sysctls.Select(s => s.Path).Where(p => !Claims.Sysctls.Any(c => Matches(c, p)))
            .Concat(rows.Files.Select(f => f.Path).Where(p => !Claims.Files.Contains(p)))
            .FirstOrDefault();
        if (unclaimed is not null)
        {
            throw new ClaimViolationException($"{unclaimed} is not claimed");
        }
        _scopes[scope] = new([.. rows.Sysctls], [.. rows.Files], [.. rows.Notices], [.. rows.Gauges]);
    }

    public void Remove(string scope) => _scopes.Remove(scope);

    public int CountEntries(string set) => 0;

    private static bool Matches(string claim, string path)
    {
        var (claims, parts) = (claim.Split('/'), path.Split('/'));
        return claims.Length == parts.Length && claims.Zip(parts).All(p => p.First == "*" || p.First == p.Second);
    }

    private sealed record Rows(Sysctl[] Sysctls, ConfigFile[] Files, Notice[] Notices, Gauge[] Gauges);
}
