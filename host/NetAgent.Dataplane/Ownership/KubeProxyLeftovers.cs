using NetAgent.Contracts;
using NetAgent.Dataplane.IpSets;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Ownership;

/// <summary>
/// What kube-proxy leaves behind in its iptables, IPVS and nftables modes, as claims of a plugin that wants none of it. The kubelet's
/// own chains (KUBE-FIREWALL, KUBE-KUBELET-CANARY, KUBE-IPTABLES-HINT, and KUBE-MARK-DROP of older ones) are not among it.
/// </summary>
internal static class KubeProxyLeftovers
{
    public const string Name = "kube-proxy";

    private static readonly string[] NatChains =
    [
        "KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-MARK-MASQ", "KUBE-PROXY-CANARY", "KUBE-NODE-PORT",
        "KUBE-LOAD-BALANCER",
        "KUBE-SVC-*", "KUBE-SVL-*", "KUBE-SEP-*", "KUBE-FW-*", "KUBE-XLB-*", "KUBE-EXT-*",
    ];

    private static readonly string[] FilterChains =
    [
        "KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-FORWARD", "KUBE-PROXY-FIREWALL", "KUBE-PROXY-CANARY",
        "KUBE-NODE-PORT", "KUBE-SOURCE-RANGES-FIREWALL", "KUBE-IPVS-FILTER", "KUBE-IPVS-OUT-FILTER",
    ];

    private static readonly string[] Sets =
    [
        "KUBE-LOOP-BACK", "KUBE-CLUSTER-IP", "KUBE-EXTERNAL-IP", "KUBE-EXTERNAL-IP-LOCAL", "KUBE-LOAD-BALANCER", "KUBE-LOAD-BALANCER-LOCAL",
        "KUBE-LOAD-BALANCER-FW", "KUBE-LOAD-BALANCER-SOURCE-IP", "KUBE-LOAD-BALANCER-SOURCE-CIDR", "KUBE-NODE-PORT-TCP",
        "KUBE-NODE-PORT-LOCAL-TCP", "KUBE-NODE-PORT-UDP", "KUBE-NODE-PORT-LOCAL-UDP", "KUBE-NODE-PORT-SCTP-HASH",
        "KUBE-NODE-PORT-LOCAL-SCTP-HASH", "KUBE-HEALTH-CHECK-NODE-PORT", "KUBE-IPVS-IPS",
    ];

    public static PluginClaims Claims { get; } = new()
    {
        VirtualServers = [VirtualServerClaim.All],
        Links = ["kube-ipvs0"],
        IpSets = Sets.Concat(Sets.Select(IPv6Name)).ToEquatableArray(),
        Chains = NatChains.Select(c => new ChainClaim("nat", c))
            .Concat(FilterChains.Select(c => new ChainClaim("filter", c)))
            .Append(new ChainClaim("mangle", "KUBE-PROXY-CANARY"))
            .ToEquatableArray(),
        Jumps = Jumps("nat", ["PREROUTING", "OUTPUT", "POSTROUTING"],
        ["KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-NODE-PORT"])
            .Concat(Jumps("filter", ["INPUT", "FORWARD", "OUTPUT"], FilterChains))
            .ToEquatableArray(),
    };

    /// <summary>Deletes kube-proxy's two nftables tables where nft is installed.</summary>
    public static SyncReport RemoveNftables(IToolRunner tools, SyncReport report)
    {
        var failed = report.Failed.ToList();
        var removed = 0;
        foreach (var family in new[] { "ip", "ip6" })
        {
            if (tools.Run("nft", "list", "table", family, "kube-proxy") is not { ExitCode: 0 })
            {
                continue;
            }
            var result = tools.Run("nft", "delete", "table", family, "kube-proxy");
            if (result is { ExitCode: 0 })
            {
                removed++;
            }
            else
            {
                failed.Add(new(
                    Name, "nftables tables", $"{family} kube-proxy", "nft delete table", 0, result?.Error ?? "nft is gone", 1));
            }
        }
        return report with { Failed = failed, Removed = report.Removed + removed };
    }

    // kube-proxy cuts what is too long for the kernel: KUBE-6-LOAD-BALANCER-SOURCE-CID.
    private static string IPv6Name(string name)
    {
        var full = name.Replace("KUBE-", "KUBE-6-", StringComparison.Ordinal);
        return full.Length <= IpSetAttribute.NameLimit ? full : full[..IpSetAttribute.NameLimit];
    }

    private static IEnumerable<JumpClaim> Jumps(string table, string[] parents, string[] targets) =>
        from parent in parents from target in targets select new JumpClaim(table, parent, target);
}
