namespace NetAgent.Cluster;

/// <summary>
/// Follows a cluster and keeps a <see cref="ClusterStore"/> up to date: manifest files or an API server. While the source is away the
/// store keeps what it had.
/// </summary>
public interface IClusterSource : IAsyncDisposable
{
    /// <summary>What the source knows.</summary>
    ClusterStore Store { get; }

    /// <summary>What is followed, for people: <c>manifests in /etc/netagent/manifests</c>.</summary>
    string Description { get; }

    /// <summary>What is wrong now, sorted; empty when all is well. Any thread may ask.</summary>
    IReadOnlyList<SourceProblem> Problems { get; }

    /// <summary>Follows the cluster until cancelled. Ends otherwise only on a bug.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
