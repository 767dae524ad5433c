using NetAgent.Contracts;

namespace NetAgent.Dataplane.Ownership;

/// <summary>Finds what two plugins both claim.</summary>
public static class ClaimOverlap
{
    /// <summary>The first overlap in words; null when there is none.</summary>
    public static string? Find(PluginClaims left, PluginClaims right)
    {
        if (left.IpvsTimeouts && right.IpvsTimeouts)
        {
            return "the IPVS timeouts";
        }
        if (left.HealthCheckPorts && right.HealthCheckPorts)
        {
            return "health-check node ports";
        }
        return Find("virtual servers", left.VirtualServers, right.VirtualServers, Overlap, a => a.ToString())
            ?? Find("link", left.Links, right.Links, (a, b) => a == b, a => a)
            ?? Find("set", left.IpSets, right.IpSets, NamePattern.Overlap, a => a)
            ?? Find("chain", left.Chains, right.Chains, (a, b) => a.Table == b.Table && NamePattern.Overlap(a.Pattern, b.Pattern),
                a => $"{a.Table} {a.Pattern}")
            ?? Find("jump", left.Jumps, right.Jumps,
                (a, b) => a.Table == b.Table && a.Parent == b.Parent && NamePattern.Overlap(a.Target, b.Target),
                a => $"{a.Table} {a.Parent} -j {a.Target}")
            ?? Find("sysctl", left.Sysctls, right.Sysctls, NamePattern.PathsOverlap, a => a)
            ?? Find("file", left.Files, right.Files, (a, b) => a == b, a => a);
    }

    // What a set holds is known only when it is wanted: a row that two plugins both want is a conflict then.
    private static bool Overlap(VirtualServerClaim left, VirtualServerClaim right) =>
        left == VirtualServerClaim.All || right == VirtualServerClaim.All
        || (left.Set is null && right.Set is null ? left.Range.Contains(right.Range) || right.Range.Contains(left.Range) : left == right);

    private static string? Find<T>(
        string kind, EquatableArray<T> left, EquatableArray<T> right, Func<T, T, bool> overlap, Func<T, string> text)
        where T : IEquatable<T>
    {
        foreach (var mine in left)
        {
            foreach (var other in right)
            {
                if (overlap(mine, other))
                {
                    return mine.Equals(other) ? $"{kind} {text(mine)}" : $"{kind} {text(mine)} (here {text(other)})";
                }
            }
        }
        return null;
    }
}
