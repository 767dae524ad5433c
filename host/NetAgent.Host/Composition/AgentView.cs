using NetAgent.Host.Cluster;
using NetAgent.Host.Loop;
using NetAgent.Host.Status;

namespace NetAgent.Host.Composition;

/// <summary>The agent at the end of the last round, with what goes on without rounds as it is now.</summary>
internal sealed class AgentView(SyncLoop loop, IClusterBackend cluster)
{
    public AgentSnapshot Snapshot => loop.Snapshot with
    {
        Resources = cluster.Resources,
        Events = new(cluster.Events.Written, cluster.Events.Dropped, cluster.Events.Refused),
    };
}
