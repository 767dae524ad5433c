using NetAgent.Dataplane;
using NetAgent.Host.Timing;

namespace NetAgent.Host.Loop;

/// <summary>Gathers the dataplane's events between two rounds of the loop.</summary>
internal sealed class KernelEvents(IDataplane dataplane, WakeSignal wake)
{
    private int _pending;

    /// <summary>Forwards until cancelled.</summary>
    public async Task PumpAsync(CancellationToken cancellationToken)
    {
        await foreach (var kernelEvent in dataplane.Events.ReadAllAsync(cancellationToken))
        {
            Interlocked.Or(ref _pending, 1 << (int)kernelEvent);
            wake.Set();
        }
    }

    /// <summary>What happened since the last call.</summary>
    public (bool LinksChanged, bool Drift, bool Due) Take()
    {
        var pending = Interlocked.Exchange(ref _pending, 0);
        return (Has(KernelEvent.LinksChanged), Has(KernelEvent.Drift), Has(KernelEvent.Due));

        bool Has(KernelEvent kernelEvent) => (pending & (1 << (int)kernelEvent)) != 0;
    }
}
