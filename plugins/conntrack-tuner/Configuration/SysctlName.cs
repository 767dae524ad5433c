namespace NetAgent.Plugins.ConntrackTuner.Configuration;

/// <summary>How people write sysctls, and the one form used here: slashes, below /proc/sys.</summary>
internal static class SysctlName
{
    private const string Netfilter = "net/netfilter/";

    /// <summary>
    /// As sysctl(8): when the first separator is a dot, dots separate and a slash stands for a dot in an interface name; when it is a
    /// slash, slashes separate. Other names of the same kernel variable become one.
    /// </summary>
    public static string? Normalise(string written)
    {
        var name = written.StartsWith("/proc/sys/", StringComparison.Ordinal) ? written["/proc/sys/".Length..] : written;
        if (name == "/sys/module/nf_conntrack/parameters/hashsize")
        {
            return KnownSysctls.Buckets;
        }
        var first = name.AsSpan().IndexOfAny('.', '/');
        if (first >= 0 && name[first] == '.')
        {
            name = string.Create(name.Length, name, static (to, from) =>
            {
                for (var i = 0; i < from.Length; i++)
                {
                    to[i] = from[i] switch { '.' => '/', '/' => '.', var c => c };
                }
            });
        }
        if (name.Split('/').Any(part => part is "" or "." or ".."))
        {
            return null;
        }
        if (name == "net/nf_conntrack_max")
        {
            return KnownSysctls.Max;
        }
        return name.StartsWith("nf_conntrack_", StringComparison.Ordinal) && !name.Contains('/', StringComparison.Ordinal)
            ? Netfilter + name : name;
    }

    /// <summary>The form for sysctl.d(5): dots, unless an interface name holds one.</summary>
    public static string ForFile(string path) => path.Contains('.', StringComparison.Ordinal) ? path : path.Replace('/', '.');

    /// <summary>The path of a pattern from which new interfaces take their first value.</summary>
    public static string DefaultOf(string pattern) => pattern.Replace("/*/", "/default/", StringComparison.Ordinal);

    /// <summary>Whether a path matches a pattern in which <c>*</c> stands for one element.</summary>
    public static bool Matches(string pattern, string path)
    {
        var (patterns, parts) = (pattern.Split('/'), path.Split('/'));
        return patterns.Length == parts.Length && patterns.Zip(parts).All(p => p.First == "*" || p.First == p.Second);
    }
}
