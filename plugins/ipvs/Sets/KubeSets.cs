using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Sets;

/// <summary>
/// The seventeen sets of kube-proxy's IPVS mode. Names and comments are an interface: CNI plugins and people look for them.
/// </summary>
internal static class KubeSets
{
    public static readonly KubeSet LoopBack = new("KUBE-LOOP-BACK", IpSetType.HashIpPortIp,
        "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose");

    public static readonly KubeSet ClusterIp = new("KUBE-CLUSTER-IP", IpSetType.HashIpPort,
        "Kubernetes service cluster ip + port for masquerade purpose");

    public static readonly KubeSet ExternalIp = new("KUBE-EXTERNAL-IP", IpSetType.HashIpPort,
        "Kubernetes service external ip + port for masquerade and filter purpose");

    public static readonly KubeSet ExternalIpLocal = new("KUBE-EXTERNAL-IP-LOCAL", IpSetType.HashIpPort,
        "Kubernetes service external ip + port with externalTrafficPolicy=local");

    public static readonly KubeSet LoadBalancer = new("KUBE-LOAD-BALANCER", IpSetType.HashIpPort,
        "Kubernetes service lb portal");

    public static readonly KubeSet LoadBalancerFirewall = new("KUBE-LOAD-BALANCER-FW", IpSetType.HashIpPort,
        "Kubernetes service load balancer ip + port for load balancer with sourceRange");

    public static readonly KubeSet LoadBalancerLocal = new("KUBE-LOAD-BALANCER-LOCAL", IpSetType.HashIpPort,
        "Kubernetes service load balancer ip + port with externalTrafficPolicy=local");

    public static readonly KubeSet LoadBalancerSourceIp = new("KUBE-LOAD-BALANCER-SOURCE-IP", IpSetType.HashIpPortIp,
        "Kubernetes service load balancer ip + port + source IP for packet filter purpose");

    public static readonly KubeSet LoadBalancerSourceCidr = new("KUBE-LOAD-BALANCER-SOURCE-CIDR", IpSetType.HashIpPortNet,
        "Kubernetes service load balancer ip + port + source cidr for packet filter purpose");

    public static readonly KubeSet NodePortTcp = new("KUBE-NODE-PORT-TCP", IpSetType.BitmapPort,
        "Kubernetes nodeport TCP port for masquerade purpose");

    public static readonly KubeSet NodePortLocalTcp = new("KUBE-NODE-PORT-LOCAL-TCP", IpSetType.BitmapPort,
        "Kubernetes nodeport TCP port with externalTrafficPolicy=local");

    public static readonly KubeSet NodePortUdp = new("KUBE-NODE-PORT-UDP", IpSetType.BitmapPort,
        "Kubernetes nodeport UDP port for masquerade purpose");

    public static readonly KubeSet NodePortLocalUdp = new("KUBE-NODE-PORT-LOCAL-UDP", IpSetType.BitmapPort,
        "Kubernetes nodeport UDP port with externalTrafficPolicy=local");

    public static readonly KubeSet NodePortSctp = new("KUBE-NODE-PORT-SCTP-HASH", IpSetType.HashIpPort,
        "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'");

    public static readonly KubeSet NodePortLocalSctp = new("KUBE-NODE-PORT-LOCAL-SCTP-HASH", IpSetType.HashIpPort,
        "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'");

    public static readonly KubeSet HealthCheckNodePort = new("KUBE-HEALTH-CHECK-NODE-PORT", IpSetType.BitmapPort,
        "Kubernetes health check node port");

    public static readonly KubeSet IpvsIps = new("KUBE-IPVS-IPS", IpSetType.HashIp,
        "Addresses on the ipvs interface");

    public static readonly IReadOnlyList<KubeSet> All =
    [
        LoopBack, ClusterIp, ExternalIp, ExternalIpLocal, LoadBalancer, LoadBalancerFirewall, LoadBalancerLocal, LoadBalancerSourceIp,
        LoadBalancerSourceCidr, NodePortTcp, NodePortLocalTcp, NodePortUdp, NodePortLocalUdp, NodePortSctp, NodePortLocalSctp,
        HealthCheckNodePort, IpvsIps,
    ];
}
