using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using NetAgent.Host.Loop;

namespace NetAgent.Host.Composition;

/// <summary>
/// Tells systemd (<c>Type=notify</c>) that the agent is ready once the kernel was programmed for the first time, and until then what it waits
/// for, so that <c>systemctl restart</c> returns when Services work again.
/// </summary>
internal sealed class ReadinessPart(ISystemdNotifier notifier, SyncLoop loop, IHostApplicationLifetime lifetime) : IHostedService
{
    private bool _isReady;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (notifier.IsEnabled)
        {
            notifier.Notify(new("STATUS=waiting for the cluster and the first sync"));
            loop.Rounded += Look;
            lifetime.ApplicationStopping.Register(() => notifier.Notify(ServiceState.Stopping));
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
        if (!_isReady && loop.Snapshot.LastReport is not null)
        {
            _isReady = true;
            notifier.Notify(ServiceState.Ready);
            notifier.Notify(new("STATUS=the kernel is programmed; netagent status has details"));
        }
    }
}
