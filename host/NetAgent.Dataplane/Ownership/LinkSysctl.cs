namespace NetAgent.Dataplane.Ownership;

/// <summary>Sysctls that are an interface's own: <c>net/ipv4/conf/eth0/arp_ignore</c>.</summary>
internal static class LinkSysctl
{
    private const int Name = 3;

    /// <summary>The interface, or null for a sysctl of the namespace.</summary>
    public static string? LinkOf(string path) =>
        path.Split('/') is ["net", "ipv4" or "ipv6", "conf" or "neigh", not ("all" or "default"), _, ..] parts ? parts[Name] : null;

    /// <summary>The same sysctl of another interface.</summary>
    public static string Of(string path, string link)
    {
        var parts = path.Split('/');
        parts[Name] = link;
        return string.Join('/', parts);
    }
}
