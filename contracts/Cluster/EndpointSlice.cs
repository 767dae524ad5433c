namespace NetAgent.Contracts;

/// <summary>One of an EndpointSlice's ports.</summary>
/// <param name="Name">Matches <see cref="ServicePort.Name"/>; null matches nothing.</param>
/// <param name="Protocol">TCP unless said otherwise.</param>
/// <param name="Port">1 to 65535; 0 for "all ports", which a proxy ignores.</param>
public readonly record struct EndpointPort(string? Name, IpProtocol Protocol, ushort Port);

/// <summary>
/// One of an EndpointSlice's endpoints (discovery.k8s.io/v1). Absent conditions are already read as the API says: ready and serving true,
/// terminating false.
/// </summary>
public readonly record struct Endpoint
{
    /// <summary>The first of its addresses, the only one a proxy uses.</summary>
    public required InetAddress Address { get; init; }

    /// <summary>conditions.ready.</summary>
    public bool IsReady { get; init; }

    /// <summary>conditions.serving.</summary>
    public bool IsServing { get; init; }

    /// <summary>conditions.terminating.</summary>
    public bool IsTerminating { get; init; }

    /// <summary>nodeName, or null.</summary>
    public string? NodeName { get; init; }

    /// <summary>zone, or null.</summary>
    public string? Zone { get; init; }

    /// <summary>hints.forZones (KEP-2433).</summary>
    public EquatableArray<string> ZoneHints { get; init; }

    /// <summary>hints.forNodes (KEP-3015).</summary>
    public EquatableArray<string> NodeHints { get; init; }
}

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

    /// <summary>
    /// Annotation endpoints.kubernetes.io/last-change-trigger-time: when the change that led here happened; null when absent.
    /// </summary>
    public DateTimeOffset? LastChangeTriggerTime { get; init; }

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
