using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Chains;

/// <summary>The nine jumps out of the base chains, in the order that kube-proxy's prepending leaves on a fresh node.</summary>
internal static class BaseJumps
{
    public static readonly IReadOnlyList<(string Table, string Parent, string Comment, string Target, int Order)> All =
    [
        ("nat", "PREROUTING", "kubernetes service portals", ChainNames.Services, 0),
        ("nat", "OUTPUT", "kubernetes service portals", ChainNames.Services, 0),
        ("nat", "POSTROUTING", "kubernetes postrouting rules", ChainNames.Postrouting, 0),
        ("filter", "INPUT", "kubernetes ipvs access filter", ChainNames.IpvsFilter, 0),
        ("filter", "INPUT", "kube-proxy firewall rules", ChainNames.ProxyFirewall, 1),
        ("filter", "INPUT", "kubernetes health check rules", ChainNames.NodePort, 2),
        ("filter", "FORWARD", "kube-proxy firewall rules", ChainNames.ProxyFirewall, 0),
        ("filter", "FORWARD", "kubernetes forwarding rules", ChainNames.Forward, 1),
        ("filter", "OUTPUT", "kubernetes ipvs access filter", ChainNames.IpvsOutFilter, 0),
    ];

    public static IEnumerable<Jump> Rows(IpFamily family) => All.Select(jump => new Jump(
        new JumpKey(family, jump.Table, jump.Parent, $"{RuleText.Comment(jump.Comment)} -j {jump.Target}"), JumpPosition.First)
    {
        Order = jump.Order,
    });
}
