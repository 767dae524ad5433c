using NetAgent.Cluster;

namespace NetAgent.Host.Cluster;

/// <summary>A source of cluster state that runs beside the loop.</summary>
internal interface IClusterBackend : IClusterFeed, IAsyncDisposable
{
    /// <summary>Where events go.</summary>
    IEventSink Events { get; }

    /// <summary>How following it goes; empty where there is no API server.</summary>
    IReadOnlyList<ResourceStatus> Resources { get; }

    /// <summary>Writes a condition of this Node; nothing where there is no API server.</summary>
    /// <exception cref="InvalidOperationException">It was not written; the message says why.</exception>
    Task SetConditionAsync(NodeCondition condition, CancellationToken cancellationToken);

    /// <summary>Follows the source until cancelled.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
