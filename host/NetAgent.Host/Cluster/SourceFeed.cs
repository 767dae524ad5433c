using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Host.Timing;

namespace NetAgent.Host.Cluster;

/// <summary>A cluster source as the loop's feed: remembers what the loop has seen.</summary>
internal sealed class SourceFeed : IClusterBackend
{
    private readonly IClusterSource _source;
    private readonly WakeSignal _taken = new();
    private long _seen;
    private MetadataWish _kept = MetadataWish.None;

    public SourceFeed(IClusterSource source, IEventSink events)
    {
        (_source, Events) = (source, events);
        if (source is ApiServerSource api)
        {
            // A server that goes away changes nothing in the store, and must be seen all the same.
            api.ProblemsChanged += () => Changed?.Invoke();
        }
    }

    /// <summary>Of the state last taken: what completed meanwhile does not count yet.</summary>
    public bool IsComplete { get; private set; }

    public bool IsLocal => _source is ManifestSource;

    public IEventSink Events { get; }

    public IReadOnlyList<ResourceStatus> Resources => _source is ApiServerSource api ? api.Status : [];

    public event Action? Changed;

    public IReadOnlyList<Notice> Notices =>
        [.. _source.Problems.Select(problem => new Notice(Severity.Warning, problem.Reason.ToString(), problem.ToString()))];

    public bool IsCutOff => _source.Problems.Any(problem => problem.Reason is ProblemReason.ApiServerUnreachable or ProblemReason.ApiServerRefuses);

    public bool IsReadInPart => _source.Problems.Any(problem => problem.Reason.LeavesUnread());

    public ClusterUpdate Take()
    {
        var snapshot = _source.Store.Take(Interlocked.Read(ref _seen));
        Interlocked.Exchange(ref _seen, snapshot.State.Revision);
        IsComplete = snapshot.IsComplete;
        _kept = snapshot.Kept;
        _taken.Set();
        return new(snapshot.State, snapshot.Changed)
        {
            Unread = snapshot.Unread,
            OtherHosts = _source is ApiServerSource { ServerAddress: { } server } && snapshot.OtherNodes.All(node => node.Address != server.Address)
                ? [.. snapshot.OtherNodes, server]
                : snapshot.OtherNodes,
        };
    }

    public void Want(MetadataWish wish) => _source.Store.Want(wish);

    public bool HasRead(MetadataWish wish) => _kept.Covers(wish);

    public Task SetConditionAsync(NodeCondition condition, CancellationToken cancellationToken) =>
        _source is ApiServerSource api ? api.SetNodeConditionAsync(condition, cancellationToken) : Task.CompletedTask;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var announcing = AnnounceAsync(stop.Token);
        try
        {
            await _source.RunAsync(cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await announcing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        _taken.Dispose();
    }

    // One announcement for each time that the loop has looked; else a store with news would announce without end.
    private async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await _source.Store.WaitAsync(Interlocked.Read(ref _seen), cancellationToken);
            Changed?.Invoke();
            await _taken.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken);
        }
    }
}
