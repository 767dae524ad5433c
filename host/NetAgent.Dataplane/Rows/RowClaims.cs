using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;

namespace NetAgent.Dataplane.Rows;

/// <summary>Checks a scope's rows against its plugin's claims, all before any is taken.</summary>
internal static class RowClaims
{
    /// <exception cref="ClaimViolationException">Names the plugin, the scope, the row and the claim that it would need.</exception>
    public static void Verify(string plugin, string scope, ClaimChecks claims, RowSet rows)
    {
        Verify(rows.Sysctls, r => claims.OwnsSysctl(r.Path), r => $"sysctl {r.Path}", nameof(PluginClaims.Sysctls));
        Verify(rows.IpSets, r => claims.OwnsSet(r.Name), r => $"set {r.Name}", nameof(PluginClaims.IpSets));
        Verify(rows.IpSetEntries, r => claims.OwnsSet(r.Set), r => $"a member of set {r.Set}", nameof(PluginClaims.IpSets));
        Verify(rows.Chains, r => claims.OwnsChain(r.Key), r => $"chain {r.Key}", nameof(PluginClaims.Chains));
        Verify(rows.Jumps, r => claims.OwnsJump(r.Key), r => $"jump {r.Key}", nameof(PluginClaims.Jumps));
        Verify(rows.Links, r => claims.OwnsLink(r.Name), r => $"link {r.Name}", nameof(PluginClaims.Links));
        Verify(rows.Addresses, r => claims.OwnsLink(r.Key.Link), r => $"address {r.Key}", nameof(PluginClaims.Links));
        Verify(rows.Files, r => claims.OwnsFile(r.Path), r => $"file {r.Path}", nameof(PluginClaims.Files));
        var servers = claims.Claims.VirtualServers;
        Verify(rows.IpvsTimeouts, _ => servers, _ => "the IPVS timeouts", nameof(PluginClaims.VirtualServers));
        Verify(rows.VirtualServers, _ => servers, r => $"virtual server {r.Key}", nameof(PluginClaims.VirtualServers));
        Verify(rows.RealServers, _ => servers, r => $"real server {r.Key}", nameof(PluginClaims.VirtualServers));
        Verify(rows.HealthCheckPorts, _ => claims.Claims.HealthCheckPorts, r => $"health-check port {r.Port}", nameof(PluginClaims.HealthCheckPorts));

        void Verify<TRow>(IList<TRow> items, Func<TRow, bool> owns, Func<TRow, string> text, string claim)
        {
            foreach (var row in items)
            {
                if (!owns(row))
                {
                    throw new ClaimViolationException(
                        $"plugin {plugin}, scope '{scope}': {text(row)} lies outside the plugin's claims; PluginClaims.{claim} would have to name it");
                }
            }
        }
    }
}
