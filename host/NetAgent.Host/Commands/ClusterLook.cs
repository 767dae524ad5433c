using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.Logging;

namespace NetAgent.Host.Commands;

/// <summary>One look at the cluster, for commands that can do without when it does not answer.</summary>
internal static class ClusterLook
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static async Task<ClusterState> ReadAsync(
        Backends backends, AgentConfiguration agent, string nodeName, MetadataWish wish, CancellationToken cancellationToken)
    {
        using var logging = new AgentLogging(agent.Logging);
        await using var source = backends.OpenCluster(agent.Cluster, nodeName, logging.Log);
        source.Want(wish);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var following = source.RunAsync(stop.Token);
        var start = backends.Time.GetTimestamp();
        var state = source.Take().State;
        while (!(source.IsComplete && source.HasRead(wish)) && !following.IsFaulted && backends.Time.GetElapsedTime(start) < Limit
            && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(50, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            state = source.Take().State;
        }
        if (!source.IsComplete)
        {
            await backends.Error.WriteLineAsync("the cluster could not be read; answering from the configuration and this node alone");
            foreach (var notice in source.Notices)
            {
                await backends.Error.WriteLineAsync(notice.Message);
            }
        }
        await stop.CancelAsync();
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return state;
    }
}
