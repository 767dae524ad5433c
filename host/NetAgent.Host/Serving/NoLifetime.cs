using Microsoft.Extensions.Hosting;

namespace NetAgent.Host.Serving;

/// <summary>For a host within the agent's process, or a command that a signal may end at once: signals are somebody else's business.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
