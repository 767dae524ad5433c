using NetAgent.Host.Configuration;
using NetAgent.Host.Loop;

namespace NetAgent.Host.Composition;

/// <summary>Wakes the loop for files that change, ConfigMaps that change, and SIGHUP.</summary>
internal sealed class WatchPart(ConfigurationStore store, SyncLoop loop, AgentSignals signals, TimeProvider time, AgentFault fault) : AgentPart(fault)
{
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        signals.Reloading += loop.Wake;
        if (store.Maps is { } maps)
        {
            maps.Changed += loop.Wake;
        }
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        signals.Reloading -= loop.Wake;
        if (store.Maps is { } maps)
        {
            maps.Changed -= loop.Wake;
        }
        await base.StopAsync(cancellationToken);
    }

    protected override Task RunAsync(CancellationToken cancellationToken) =>
        ConfigurationWatch.RunAsync(store, loop.Wake, loop.LookAtPlugins, time, cancellationToken);
}
