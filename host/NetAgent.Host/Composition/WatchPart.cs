using System.Runtime.InteropServices;
using NetAgent.Host.Configuration;
using NetAgent.Host.Loop;

namespace NetAgent.Host.Composition;

/// <summary>Wakes the loop for files that change, ConfigMaps that change, and SIGHUP.</summary>
internal sealed class WatchPart(ConfigurationStore store, SyncLoop loop, TimeProvider time, AgentFault fault) : AgentPart(fault)
{
    private PosixSignalRegistration? _reload;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            loop.Wake();
        });
        if (store.Maps is { } maps)
        {
            maps.Changed += loop.Wake;
        }
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _reload?.Dispose();
        if (store.Maps is { } maps)
        {
            maps.Changed -= loop.Wake;
        }
        await base.StopAsync(cancellationToken);
    }

    protected override Task RunAsync(CancellationToken cancellationToken) =>
        ConfigurationWatch.RunAsync(store, loop.Wake, loop.LookAtPlugins, time, cancellationToken);
}
