using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetAgent.Host.Logging;

namespace NetAgent.Host.Composition;

/// <summary>An agent that was put together, from its start to the release of all that it holds.</summary>
internal sealed class AgentHost(IHost host, AgentLogging logging) : IAsyncDisposable
{
    private readonly IHostApplicationLifetime _lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
    private readonly AgentFault _fault = host.Services.GetRequiredService<AgentFault>();
    private bool _isStopped = true;

    public IServiceProvider Services => host.Services;

    /// <summary>Starts all parts in their order.</summary>
    /// <exception cref="IOException">One cannot start; the message says why.</exception>
    public async Task StartAsync()
    {
        // The host makes them all before it starts the first, and one whose parts could not be made cannot be stopped either.
        _ = host.Services.GetServices<IHostedService>();
        _isStopped = false;
        try
        {
            await host.StartAsync();
        }
        catch (OperationCanceledException) when (_lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // A signal, or a part that failed, while others still started: the stop that follows is the same.
        }
    }

    /// <summary>Starts an agent that looks once.</summary>
    public async Task<SingleLook> LookAsync()
    {
        await StartAsync();
        return host.Services.GetRequiredService<SingleLook>();
    }

    /// <summary>Waits for a signal, the token or the failure of a part, then for all parts to stop. False when a part failed.</summary>
    public async Task<bool> UntilStoppedAsync(CancellationToken cancellationToken)
    {
        await host.WaitForShutdownAsync(cancellationToken);
        _isStopped = true;
        if (_fault.Error is { } error)
        {
            logging.Log.LogCritical(error, "ended by an error of the agent's own");
        }
        return _fault.Error is null;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isStopped)
        {
            await host.StopAsync();
        }
        await ((IAsyncDisposable)host).DisposeAsync();
        logging.Dispose();
    }
}
