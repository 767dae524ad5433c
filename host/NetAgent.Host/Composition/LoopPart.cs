using Microsoft.Extensions.Logging;
using NetAgent.Host.Cluster;
using NetAgent.Host.Configuration;
using NetAgent.Host.Loop;
using NetAgent.Host.Status;

namespace NetAgent.Host.Composition;

/// <summary>The sync loop. Last to start, first to stop; a round in progress is finished.</summary>
internal sealed class LoopPart(SyncLoop loop, ConfigurationStore store, IClusterBackend cluster, ILogger<LoopPart> log, AgentFault fault)
    : AgentPart(fault)
{
    private bool _isRunning;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        var digest = store.Current!.Digest;
        log.LogInformation("netagent {Version} on node {Node}, configuration {Digest}", AgentVersion.Text, loop.Snapshot.NodeName, digest);
        cluster.Events.Post(isWarning: false, "Starting", $"netagent {AgentVersion.Text}, configuration {digest}");
        _isRunning = true;
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_isRunning)
        {
            log.LogInformation("stopping; the kernel keeps what is programmed");
        }
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => loop.RunAsync(cancellationToken);
}
