using NetAgent.Contracts;

namespace NetAgent.Dataplane.Ownership;

/// <summary>
/// Which claim must cover each kind of row of the contract. Plugin authors get this file with the slice for their tests: what the agent
/// would refuse is refused there.
/// </summary>
internal static class RowClaims
{
    private static readonly Dictionary<Type, IRowClaim> _byRow = new IRowClaim[]
    {
        new RowClaim<string, Sysctl>(nameof(PluginClaims.Sysctls), (claims, row, _) => claims.OwnsSysctl(row.Path), row =>
            $"sysctl {row.Path}"),
        new RowClaim<string, IpvsTimeouts>(nameof(PluginClaims.IpvsTimeouts), (claims, _, _) => claims.Claims.IpvsTimeouts, _ =>
            "the IPVS timeouts"),
        new RowClaim<string, DummyLink>(nameof(PluginClaims.Links), (claims, row, _) => claims.OwnsLink(row.Name), row =>
            $"link {row.Name}"),
        new RowClaim<string, IpSet>(nameof(PluginClaims.IpSets), (claims, row, _) => claims.OwnsSet(row.Name), row => $"set {row.Name}"),
        new RowClaim<IpSetEntry, IpSetEntry>(
            nameof(PluginClaims.IpSets), (claims, row, _) => claims.OwnsSet(row.Set), row => $"a member of set {row.Set}"),
        new RowClaim<ChainKey, Chain>(nameof(PluginClaims.Chains), (claims, row, _) => claims.OwnsChain(row.Key), row =>
            $"chain {row.Key}"),
        new RowClaim<JumpKey, Jump>(nameof(PluginClaims.Jumps), (claims, row, _) => claims.OwnsJump(row.Key), row => $"jump {row.Key}"),
        new RowClaim<VirtualServerKey, VirtualServer>(
            nameof(PluginClaims.VirtualServers), (claims, row, scope) => claims.CoversServer(row.Key, scope), row =>
                $"virtual server {row.Key}"),
        new RowClaim<RealServerKey, RealServer>(
            nameof(PluginClaims.VirtualServers), (claims, row, scope) => claims.CoversServer(row.Key.Server, scope), row =>
                $"real server {row.Key}"),
        new RowClaim<LinkAddressKey, LinkAddress>(
            nameof(PluginClaims.Links), (claims, row, _) => claims.OwnsLink(row.Key.Link), row => $"address {row.Key}"),
        new RowClaim<string, ConfigFile>(nameof(PluginClaims.Files), (claims, row, _) => claims.OwnsFile(row.Path), row =>
            $"file {row.Path}"),
        new RowClaim<ushort, HealthCheckPort>(
            nameof(PluginClaims.HealthCheckPorts), (claims, _, _) => claims.Claims.HealthCheckPorts, row =>
                $"health-check port {row.Port}"),
    }.ToDictionary(claim => claim.Row);

    public static IReadOnlyCollection<IRowClaim> All => _byRow.Values;

    public static RowClaim<TKey, TRow> Of<TKey, TRow>()
        where TKey : notnull
        where TRow : struct, IRow<TKey> => (RowClaim<TKey, TRow>)_byRow[typeof(TRow)];
}
