namespace NetAgent.Contracts;

/// <summary>spec.type of a Service (core/v1).</summary>
public enum ServiceType
{
    /// <summary>Reachable inside the cluster (the API's default).</summary>
    ClusterIP,

    /// <summary>Also on a port of every node.</summary>
    NodePort,

    /// <summary>Also through an external load balancer.</summary>
    LoadBalancer,

    /// <summary>A DNS alias; never programmed.</summary>
    ExternalName,
}

/// <summary>One of spec.ports.</summary>
/// <param name="Name">Its name; empty when the Service has one unnamed port.</param>
/// <param name="Protocol">TCP unless said otherwise.</param>
/// <param name="Port">1 to 65535.</param>
public readonly record struct ServicePort(string Name, IpProtocol Protocol, ushort Port)
{
    /// <summary>1 to 65535, or 0 for none.</summary>
    public ushort NodePort { get; init; }
}

/// <summary>One of status.loadBalancer.ingress that has an IP.</summary>
/// <param name="Address">ip.</param>
/// <param name="IsProxy">ipMode is Proxy: the node must not answer for the address itself (KEP-1860).</param>
public readonly record struct LoadBalancerIngress(InetAddress Address, bool IsProxy);

/// <summary>A Service (core/v1), the parts that a node needs.</summary>
public sealed record Service
{
    /// <summary>metadata.namespace and metadata.name.</summary>
    public required NamespacedName Name { get; init; }

    /// <summary>spec.type.</summary>
    public ServiceType Type { get; init; }

    /// <summary>spec.clusterIPs (or spec.clusterIP), at most one per family; empty for headless Services.</summary>
    public EquatableArray<InetAddress> ClusterIPs { get; init; }

    /// <summary>spec.clusterIP is <c>None</c>.</summary>
    public bool IsHeadless { get; init; }

    /// <summary>spec.ports.</summary>
    public EquatableArray<ServicePort> Ports { get; init; }

    /// <summary>spec.externalIPs, both families.</summary>
    public EquatableArray<InetAddress> ExternalIPs { get; init; }

    /// <summary>status.loadBalancer.ingress entries with an IP.</summary>
    public EquatableArray<LoadBalancerIngress> LoadBalancerIngress { get; init; }

    /// <summary>
    /// spec.loadBalancerSourceRanges as written, spaces and all, but without leading zeros, which are decimal as for kube-proxy.
    /// </summary>
    public EquatableArray<string> LoadBalancerSourceRanges { get; init; }

    /// <summary>spec.sessionAffinity ClientIP's timeout in seconds, 1 to 86400 (API default 10800); 0 when affinity is None.</summary>
    public int SessionAffinitySeconds { get; init; }

    /// <summary>spec.externalTrafficPolicy is Local. Counts only for externally reachable Services.</summary>
    public bool ExternalTrafficPolicyLocal { get; init; }

    /// <summary>spec.internalTrafficPolicy is Local (KEP-2086).</summary>
    public bool InternalTrafficPolicyLocal { get; init; }

    /// <summary>spec.healthCheckNodePort, or 0.</summary>
    public ushort HealthCheckNodePort { get; init; }

    /// <summary>
    /// The label service.kubernetes.io/service-proxy-name, whose presence (even empty) means another proxy serves it; else null.
    /// </summary>
    public string? ProxyName { get; init; }

    /// <summary>
    /// Labels by key: those that <see cref="Observations.Labels"/> names, and perhaps some that another plugin asked for; others are not
    /// kept.
    /// </summary>
    public EquatableArray<Label> Labels { get; init; }

    /// <summary>
    /// Annotations by key: those that <see cref="Observations.Annotations"/> names, and perhaps some that another plugin asked for; others
    /// are not kept.
    /// </summary>
    public EquatableArray<Label> Annotations { get; init; }
}
