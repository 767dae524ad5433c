using Microsoft.Extensions.Hosting;

namespace NetAgent.Host.Composition;

/// <summary>A part of the agent that runs beside the others until the host stops it.</summary>
internal abstract class AgentPart(AgentFault fault) : BackgroundService
{
    protected abstract Task RunAsync(CancellationToken cancellationToken);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // It was told to.
        }
        catch (Exception error)
        {
            fault.End(error);
        }
    }
}
