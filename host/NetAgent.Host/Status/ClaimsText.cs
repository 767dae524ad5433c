using NetAgent.Contracts;

namespace NetAgent.Host.Status;

/// <summary>Claims for people, one a line.</summary>
internal static class ClaimsText
{
    public static IEnumerable<string> Lines(PluginClaims claims)
    {
        foreach (var servers in claims.VirtualServers.ToArray())
        {
            yield return $"virtual servers {servers}";
        }
        if (claims.IpvsTimeouts)
        {
            yield return "IPVS timeouts";
        }
        foreach (var link in claims.Links.ToArray())
        {
            yield return $"link {link}";
        }
        foreach (var set in claims.IpSets.ToArray())
        {
            yield return $"set {set}";
        }
        foreach (var chain in claims.Chains.ToArray())
        {
            yield return $"chain {chain.Table} {chain.Pattern}";
        }
        foreach (var jump in claims.Jumps.ToArray())
        {
            yield return $"jump {jump.Table} {jump.Parent} -> {jump.Target}";
        }
        foreach (var sysctl in claims.Sysctls.ToArray())
        {
            yield return $"sysctl {sysctl}";
        }
        foreach (var file in claims.Files.ToArray())
        {
            yield return $"file {file}";
        }
        if (claims.HealthCheckPorts)
        {
            yield return "health-check node ports";
        }
    }
}
