using NetAgent.Cluster;
using NetAgent.Contracts;

namespace NetAgent.Host.Cluster;

/// <summary>The cluster as the loop sees it: the state now, and what changed since it last looked.</summary>
internal interface IClusterFeed
{
    /// <summary>Every kind has been read in full once; before, nothing may be taken for absent.</summary>
    bool IsComplete { get; }

    /// <summary>Read from files: what is missing in it does not come by waiting.</summary>
    bool IsLocal { get; }

    /// <summary>The state now with what changed since the last call.</summary>
    ClusterUpdate Take();

    /// <summary>What is to be kept of labels and annotations from now on.</summary>
    void Want(MetadataWish wish);

    /// <summary>All that <see cref="Take"/> gave has these labels and annotations where the cluster has them.</summary>
    bool HasRead(MetadataWish wish);

    /// <summary>Raised on any thread after a change.</summary>
    event Action? Changed;

    /// <summary>What is wrong with the source: bad documents, an API server that is away.</summary>
    IReadOnlyList<Notice> Notices { get; }

    /// <summary>The API server does not answer, or not as it must: what is programmed grows old.</summary>
    bool IsCutOff { get; }

    /// <summary>Something of it cannot be read or used now: its last good version stays, or the rest of it counts.</summary>
    bool IsReadInPart { get; }
}

/// <summary>The cluster's state with what changed since the last look.</summary>
/// <param name="State">The state.</param>
/// <param name="Changed">What changed.</param>
internal sealed record ClusterUpdate(ClusterState State, ClusterChange Changed)
{
    /// <summary>Addresses of other Nodes and of the API server, as far as they are known.</summary>
    public EquatableArray<ForeignAddress> OtherHosts { get; init; }

    /// <summary>What of it could not be read.</summary>
    public UnreadObjects Unread { get; init; } = UnreadObjects.None;
}
