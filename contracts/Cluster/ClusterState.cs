using System.Collections.Immutable;

namespace NetAgent.Contracts;

/// <summary>This agent's Node (core/v1), the parts in use.</summary>
public sealed record Node
{
    /// <summary>metadata.name.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// status.addresses of type InternalIP, then ExternalIP, in the API's order within each: the first decides the primary family.
    /// </summary>
    public EquatableArray<InetAddress> Addresses { get; init; }

    /// <summary>spec.podCIDRs.</summary>
    public EquatableArray<InetPrefix> PodCIDRs { get; init; }

    /// <summary>metadata.labels.</summary>
    public EquatableArray<Label> Labels { get; init; }

    /// <summary>Keys of spec.taints.</summary>
    public EquatableArray<string> TaintKeys { get; init; }

    /// <summary>metadata.deletionTimestamp is set.</summary>
    public bool IsBeingDeleted { get; init; }

    /// <summary>Label topology.kubernetes.io/zone, or null.</summary>
    public string? Zone => Labels.Find("topology.kubernetes.io/zone");
}

/// <summary>A Service with the EndpointSlices that name it.</summary>
/// <param name="Service">The Service.</param>
/// <param name="Slices">Its slices, ordered by name.</param>
public sealed record ServiceEndpoints(Service Service, EquatableArray<EndpointSlice> Slices)
{
    /// <summary>True when both hold equal objects.</summary>
    public bool Equals(ServiceEndpoints? other) => other is not null && Service == other.Service && Slices == other.Slices;

    /// <inheritdoc/>
    public override int GetHashCode() => Service.Name.GetHashCode();
}

/// <summary>What the cluster wants, at one moment. Immutable; successive states share what did not change.</summary>
public sealed record ClusterState
{
    /// <summary>No Services and no Node.</summary>
    public static ClusterState Empty { get; } = new();

    /// <summary>Grows by one with every change.</summary>
    public long Revision { get; init; }

    /// <summary>This node, or null while it is not known (a plugin that needs it writes nothing until it is).</summary>
    public Node? Node { get; init; }

    /// <summary>Every Service, headless ones and other proxies' included where the source delivers them.</summary>
    public ImmutableDictionary<NamespacedName, ServiceEndpoints> Services { get; init; } =
        ImmutableDictionary<NamespacedName, ServiceEndpoints>.Empty;
}

/// <summary>What changed since the plugin was last called, so that the cost of a call follows the change.</summary>
public sealed record ClusterChange
{
    /// <summary>Everything may have changed: the first call, and the first after a new configuration.</summary>
    public static ClusterChange All { get; } = new() { Everything = true };

    /// <summary>Look at everything; the other members are then meaningless.</summary>
    public bool Everything { get; init; }

    /// <summary>The Node object changed.</summary>
    public bool Node { get; init; }

    /// <summary>Something in <see cref="NodeFacts"/> changed.</summary>
    public bool Facts { get; init; }

    /// <summary>Services that came, went, changed, or whose EndpointSlices did.</summary>
    public ImmutableHashSet<NamespacedName> Services { get; init; } = [];
}
