using System.Threading.Channels;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>Events for the loop, and the timer that makes one when a retry, a drain or a save is due.</summary>
internal sealed class WakeUp : IDisposable
{
    // A full channel already wakes the loop; more of the same say nothing new.
    private readonly Channel<KernelEvent> _events = Channel.CreateBounded<KernelEvent>(
        new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public WakeUp(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(_ => Raise(KernelEvent.Due), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public ChannelReader<KernelEvent> Events => _events.Reader;

    public void Raise(KernelEvent what) => _events.Writer.TryWrite(what);

    /// <summary>Sets the timer; null stops it.</summary>
    public void At(DateTimeOffset? due)
    {
        var wait = due is null ? Timeout.InfiniteTimeSpan : due.Value - _time.GetUtcNow();
        _timer.Change(due is not null && wait < TimeSpan.Zero ? TimeSpan.Zero : wait, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _events.Writer.TryComplete();
    }
}
