using NetAgent.Contracts;

namespace NetAgent.Host.Status;

/// <summary>
/// kube-proxy's notion of health: every wish to sync is fulfilled within twice the sync period, and the Node is not on its way out. Read
/// by servers on any thread, written by the loop.
/// </summary>
internal sealed class ProxyHealth(TimeProvider time)
{
    /// <summary>The cluster autoscaler's mark on a node that it is about to delete.</summary>
    private const string GoingTaint = "ToBeDeletedByClusterAutoscaler";

    private readonly Lock _gate = new();
    private long _syncPeriod = StandardSyncPeriod.Ticks;
    private DateTimeOffset? _oldestPending;
    private DateTimeOffset _lastUpdated = time.GetUtcNow();
    private bool _isNodeEligible = true;
    private bool _wasUpdated;

    public static readonly TimeSpan StandardSyncPeriod = TimeSpan.FromSeconds(30);

    /// <summary>kube-proxy's syncPeriod; twice of it may pass with a sync pending.</summary>
    public TimeSpan SyncPeriod
    {
        get => new(Interlocked.Read(ref _syncPeriod));
        set => Interlocked.Exchange(ref _syncPeriod, value.Ticks);
    }

    public bool IsNodeEligible
    {
        get
        {
            lock (_gate)
            {
                return _isNodeEligible;
            }
        }
    }

    /// <summary>The cluster has been read and programmed once; until then this node serves what an earlier agent left, or nothing.</summary>
    public bool WasUpdated
    {
        get
        {
            lock (_gate)
            {
                return _wasUpdated;
            }
        }
    }

    public void Queued()
    {
        lock (_gate)
        {
            _oldestPending ??= time.GetUtcNow();
        }
    }

    public void Updated()
    {
        lock (_gate)
        {
            _oldestPending = null;
            _wasUpdated = true;
            _lastUpdated = time.GetUtcNow();
        }
    }

    public void NodeChanged(Node node)
    {
        lock (_gate)
        {
            _isNodeEligible = !node.IsBeingDeleted && !node.TaintKeys.Contains(GoingTaint);
        }
    }

    /// <summary>Health now, with the time that counts as last update.</summary>
    public (bool IsHealthy, DateTimeOffset LastUpdated, DateTimeOffset Now) Look()
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var isHealthy = _oldestPending is not { } pending || now - pending < 2 * SyncPeriod;
            return (isHealthy, isHealthy ? now : _lastUpdated, now);
        }
    }
}
