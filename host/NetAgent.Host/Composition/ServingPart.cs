using NetAgent.Dataplane;
using NetAgent.Host.Configuration;
using NetAgent.Host.Loop;
using NetAgent.Host.Serving;

namespace NetAgent.Host.Composition;

/// <summary>The local socket, metrics, health and the Services' health-check ports.</summary>
internal sealed class ServingPart(
    AgentServers servers, HealthCheckServers healthChecks, MetricsHandler metrics, HealthHandler health, ConfigurationStore store,
    IDataplane dataplane, SyncLoop loop, AgentFault fault) : AgentPart(fault)
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        servers.NoticesChanged += loop.Wake;
        healthChecks.NoticesChanged += loop.Wake;
        dataplane.HealthCheckPortsChanged += (_, _) => healthChecks.Update(dataplane.HealthCheckPorts);
        await servers.ListenLocallyAsync(StatusClient.SocketPath(store.Current!.Agent.StateDirectory), metrics.HandleAsync);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        var agent = store.Current!.Agent;
        // Awaited as each ends: the failure of one must not wait for the others.
        await foreach (var ended in Task.WhenEach(
            agent.Metrics is { } metricsAddress
                ? servers.RunAsync("metricsBindAddress", metricsAddress, metrics.HandleAsync, cancellationToken) : Task.CompletedTask,
            agent.Healthz is { } healthAddress
                ? servers.RunAsync("healthzBindAddress", healthAddress, health.HandleAsync, cancellationToken) : Task.CompletedTask,
            agent.Probe is { } probeAddress
                ? servers.RunAsync("probeBindAddress", probeAddress, health.HandleAsync, cancellationToken) : Task.CompletedTask,
            healthChecks.RunAsync(cancellationToken)))
        {
            await ended;
        }
    }
}
