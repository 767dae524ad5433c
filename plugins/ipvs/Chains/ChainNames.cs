namespace NetAgent.Plugins.Ipvs.Chains;

/// <summary>kube-proxy's chains. KUBE-NODE-PORT exists in both tables.</summary>
internal static class ChainNames
{
    public const string Services = "KUBE-SERVICES";
    public const string LoadBalancer = "KUBE-LOAD-BALANCER";
    public const string NodePort = "KUBE-NODE-PORT";
    public const string Postrouting = "KUBE-POSTROUTING";
    public const string MarkMasquerade = "KUBE-MARK-MASQ";
    public const string Forward = "KUBE-FORWARD";
    public const string ProxyFirewall = "KUBE-PROXY-FIREWALL";
    public const string SourceRanges = "KUBE-SOURCE-RANGES-FIREWALL";
    public const string IpvsFilter = "KUBE-IPVS-FILTER";
    public const string IpvsOutFilter = "KUBE-IPVS-OUT-FILTER";

    public static readonly IReadOnlyList<string> InNat = [Services, LoadBalancer, NodePort, Postrouting, MarkMasquerade];

    public static readonly IReadOnlyList<string> InFilter = [Forward, NodePort, ProxyFirewall, SourceRanges, IpvsFilter, IpvsOutFilter];
}
