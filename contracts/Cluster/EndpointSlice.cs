namespace NetAgent.Contracts;

/// <summary>One of an EndpointSlice's ports.</summary>
/// <param name="Name">Matches <see cref="ServicePort.Name"/>; null matches nothing.</param>
/// <param name="Protocol">TCP unless said otherwise.</param>
/// <param name="Port">1 to 65535; 0 for "all ports", which a proxy ignores.</param>
public readonly record struct EndpointPort(string? Name, IpProtocol Protocol, ushort Port);

/// <summary>One of an EndpointSlice's endpoints (discovery.k8s.io/v1). Absent conditions are already read as the API says: ready and serving true, terminating false.</summary>
/// <param name="Address">The first of its addresses, the only one a proxy uses.</param>
/// <param name="IsReady">conditions.ready.</param>
/// <param name="IsServing">conditions.serving.</param>
/// <param name="IsTerminating">conditions.terminating.</param>
/// <param name="NodeName">nodeName, or null.</param>
/// <param name="Zone">zone, or null.</param>
/// <param name="ZoneHints">hints.forZones (KEP-2433).</param>
/// <param name="NodeHints">hints.forNodes (KEP-3015).</param>
public readonly record struct Endpoint(
    InetAddress Address,
    bool IsReady,
    bool IsServing,
    bool IsTerminating,
    string? NodeName,
    string? Zone,
    EquatableArray<string> ZoneHints,
    EquatableArray<string> NodeHints);

/// <summary>An EndpointSlice (discovery.k8s.io/v1).</summary>
public sealed record EndpointSlice
{
    /// <summary>metadata.namespace and metadata.name.</summary>
    public required NamespacedName Name { get; init; }

    /// <summary>The Service that the label kubernetes.io/service-name names.</summary>
    public required NamespacedName Service { get; init; }

    /// <summary>addressType; <see cref="IpFamily.None"/> for FQDN, which a proxy ignores.</summary>
    public IpFamily AddressFamily { get; init; }

    /// <summary>ports.</summary>
    public EquatableArray<EndpointPort> Ports { get; init; }

    /// <summary>endpoints.</summary>
    public EquatableArray<Endpoint> Endpoints { get; init; }

    /// <summary>Annotation endpoints.kubernetes.io/last-change-trigger-time: when the change that led here happened; null when absent.</summary>
    public DateTimeOffset? LastChangeTriggerTime { get; init; }

    /// <summary>Annotations whose key starts with <c>netagent.io/</c>; others are not kept.</summary>
    public EquatableArray<Label> Annotations { get; init; }
}
