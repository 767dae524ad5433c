using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using NetAgent.Host.Loop;
using NetAgent.Host.Status;

namespace NetAgent.Host.Composition;

/// <summary>
/// Tells systemd (<c>Type=notify</c>) that the agent is ready once the kernel was programmed for the first time by every required plugin, as
/// <c>/readyz</c> has it, so that <c>systemctl restart</c> returns when Services work again; and in a line how the agent is.
/// </summary>
internal sealed class ReadinessPart(
    ISystemdNotifier notifier, SyncLoop loop, ProxyHealth health, IHostApplicationLifetime lifetime, ILogger<ReadinessPart> log) : IHostedService
{
    private bool _isReady;
    private string? _status;
    private bool _isUnheard;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (notifier.IsEnabled)
        {
            Look();
            loop.Rounded += Look;
            lifetime.ApplicationStopping.Register(() => Tell(ServiceState.Stopping));
        }
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        loop.Rounded -= Look;
        return Task.CompletedTask;
    }

    // Called by the loop.
    private void Look()
    {
        // Health learns of it with a sync, which a plugin that is no longer asked for does not bring about.
        if (!_isReady && (health.Readiness.WasProgrammed || loop.Snapshot is { LastReport: not null, IsDegraded: false }))
        {
            _isReady = true;
            Tell(ServiceState.Ready);
        }
        var status = loop.Snapshot switch
        {
            { LastReport: null } => "waiting for the cluster and the first sync",
            { IsDegraded: false } => "the kernel is programmed; netagent status has details",
            _ => _isReady ? "degraded; netagent status says why" : "not everything is programmed yet; netagent status says what is not",
        };
        if (status != _status)
        {
            _status = status;
            Tell(new($"STATUS={status}"));
        }
    }

    // As with sd_notify: nobody to tell is no reason to stop.
    private void Tell(ServiceState state)
    {
        try
        {
            notifier.Notify(state);
        }
        catch (Exception unheard) when (unheard is SocketException or ArgumentException)
        {
            if (!_isUnheard)
            {
                log.LogWarning("systemd is not told how the agent is, since the socket that NOTIFY_SOCKET names cannot be reached: {Failure}", unheard.Message);
            }
            _isUnheard = true;
        }
    }
}
