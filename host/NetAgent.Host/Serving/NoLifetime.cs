using Microsoft.Extensions.Hosting;

namespace NetAgent.Host.Serving;

/// <summary>For every host of the agent's process: signals come by AgentSignals.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
