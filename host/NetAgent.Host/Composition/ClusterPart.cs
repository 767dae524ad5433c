using NetAgent.Host.Cluster;

namespace NetAgent.Host.Composition;

/// <summary>Follows the cluster. First to start, last to stop.</summary>
internal sealed class ClusterPart(IClusterBackend cluster, AgentFault fault) : AgentPart(fault)
{
    protected override Task RunAsync(CancellationToken cancellationToken) => cluster.RunAsync(cancellationToken);
}
