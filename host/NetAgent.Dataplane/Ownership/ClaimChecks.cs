using NetAgent.Contracts;

namespace NetAgent.Dataplane.Ownership;

/// <summary>A plugin's claims as questions about rows. Names repeat, so answers are kept.</summary>
internal sealed class ClaimChecks(PluginClaims claims)
{
    private readonly Dictionary<string, bool> _sets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _sysctls = new(StringComparer.Ordinal);

    public PluginClaims Claims { get; } = claims;

    /// <summary>Virtual servers of any address may be the plugin's.</summary>
    public bool OwnsAnyServer { get; } = Any(claims.VirtualServers, claim => claim == VirtualServerClaim.All);

    /// <summary>Whether the plugin may want a virtual server in this scope.</summary>
    public bool CoversServer(VirtualServerKey key, RowSet scope) =>
        OwnsAnyServer || Any(Claims.VirtualServers, claim => claim.Set is { } set
        ? scope.IpSetEntries.Any(entry => entry.Set == set && Names(entry, key))
        : claim.Range.Contains(key.Address));

    public bool OwnsLink(string name) => Contains(Claims.Links, name);

    public bool OwnsSet(string name) =>
        Remember(_sets, name, static (claims, name) => Any(claims.IpSets, p => NamePattern.Matches(p, name)));

    public bool OwnsChain(ChainKey key) => Any(Claims.Chains, c => c.Table == key.Table && NamePattern.Matches(c.Pattern, key.Name));

    public bool OwnsJump(JumpKey key) => JumpTarget.Of(key.Rule) is { } target
        && Any(Claims.Jumps, c => c.Table == key.Table && c.Parent == key.Parent && NamePattern.Matches(c.Target, target));

    public bool OwnsSysctl(string path) => Remember(
        _sysctls, path, static (claims, path) => Any(claims.Sysctls, p => NamePattern.MatchesPath(p, path)));

    public bool OwnsFile(string path) => Contains(Claims.Files, path);

    public bool Excludes(InetAddress address) => Any(Claims.VirtualServerExclusions, p => p.Contains(address));

    private static bool Names(IpSetEntry entry, VirtualServerKey key) => entry.Address.IsNone
        ? entry.Port == key.Port
        : entry.Address == key.Address && (entry.Protocol == IpProtocol.None || (entry.Protocol, entry.Port) == (key.Protocol, key.Port));

    private bool Remember(Dictionary<string, bool> known, string name, Func<PluginClaims, string, bool> find)
    {
        if (!known.TryGetValue(name, out var owns))
        {
            known.Add(name, owns = find(Claims, name));
        }
        return owns;
    }

    private static bool Contains(EquatableArray<string> names, string name) => Any(names, n => n == name);

    private static bool Any<T>(EquatableArray<T> items, Func<T, bool> fits)
        where T : IEquatable<T>
    {
        foreach (var item in items)
        {
            if (fits(item))
            {
                return true;
            }
        }
        return false;
    }
}

/// <summary>Where a rule leads.</summary>
internal static class JumpTarget
{
    /// <summary>The chain after -j or -g; null when the rule has none.</summary>
    public static string? Of(string rule)
    {
        // Comments may hold anything, "-j DROP" included: skip what is quoted.
        var quoted = false;
        for (var i = 0; i < rule.Length - 3; i++)
        {
            if (rule[i] == '\\')
            {
                i++;
            }
            else if (rule[i] == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && rule[i] == '-' && rule[i + 1] is 'j' or 'g' && rule[i + 2] == ' ' && (i == 0 || rule[i - 1] == ' '))
            {
                var name = rule.AsSpan(i + 3).TrimStart();
                var end = name.IndexOf(' ');
                return (end < 0 ? name : name[..end]).ToString();
            }
        }
        return null;
    }
}
