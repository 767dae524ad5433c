using System.Collections.Immutable;
using NetAgent.Cluster.Objects;
using NetAgent.Contracts;

namespace NetAgent.Cluster;

/// <summary>A cluster at one moment, and what changed since an earlier one.</summary>
/// <param name="State">The state.</param>
/// <param name="Changed">What changed since the revision asked about.</param>
/// <param name="IsComplete">Every kind of object was listed in full once. Before that nothing may be programmed.</param>
/// <param name="ConfigMaps">The agent's ConfigMaps.</param>
public sealed record ClusterSnapshot(
    ClusterState State, ClusterChange Changed, bool IsComplete, ImmutableDictionary<NamespacedName, ConfigMap> ConfigMaps)
{
    /// <summary>Labels and annotations that all of it was read with.</summary>
    public MetadataWish Kept { get; init; } = MetadataWish.None;

    /// <summary>Addresses of other Nodes, as far as the source knows them.</summary>
    public EquatableArray<ForeignAddress> OtherNodes { get; init; }

    /// <summary>What of it could not be read.</summary>
    public UnreadObjects Unread { get; init; } = UnreadObjects.None;
}
