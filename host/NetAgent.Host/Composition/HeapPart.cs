using Microsoft.Extensions.Hosting;
using NetAgent.Host.Loop;

namespace NetAgent.Host.Composition;

/// <summary>
/// Returns, once all is in, the memory that only the start needed: a whole cluster's text, lists and first plans. Left to itself the
/// runtime keeps it for the next such work, which an agent that follows changes does not have.
/// </summary>
internal sealed class HeapPart(SyncLoop loop) : IHostedService
{
    private bool _isReturned;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        loop.Rounded += Look;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        loop.Rounded -= Look;
        return Task.CompletedTask;
    }

    // Called by the loop, so no change is at work meanwhile.
    private void Look()
    {
        if (!_isReturned && loop.Snapshot.IsProgrammed)
        {
            _isReturned = true;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
