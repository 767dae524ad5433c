using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Host.Commands;

namespace NetAgent.Host.Loop;

/// <summary>A cluster source as the loop's feed: remembers what the loop has seen.</summary>
internal sealed class SourceFeed(IClusterSource source, IEventSink events) : IClusterBackend
{
    private readonly WakeSignal _taken = new();
    private long _seen;

    /// <summary>Of the state last taken: what completed meanwhile does not count yet.</summary>
    public bool IsComplete { get; private set; }

    public IEventSink Events => events;

    public IReadOnlyList<ResourceStatus> Resources => source is ApiServerSource api ? api.Status : [];

    public event Action? Changed;

    public IReadOnlyList<Notice> Notices =>
        [.. source.Problems.Select(problem => new Notice(NoticeSeverity.Warning, "SourceProblem", problem.ToString()))];

    public ClusterUpdate Take()
    {
        var snapshot = source.Store.Take(Interlocked.Read(ref _seen));
        Interlocked.Exchange(ref _seen, snapshot.State.Revision);
        IsComplete = snapshot.IsComplete;
        _taken.Set();
        return new(snapshot.State, snapshot.Changed);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var announcing = AnnounceAsync(stop.Token);
        try
        {
            await source.RunAsync(cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await announcing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        _taken.Dispose();
    }

    // One announcement for each time that the loop has looked; else a store with news would announce without end.
    private async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await source.Store.WaitAsync(Interlocked.Read(ref _seen), cancellationToken);
            Changed?.Invoke();
            await _taken.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken);
        }
    }
}
