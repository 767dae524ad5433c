using NetAgent.Contracts;

namespace NetAgent.Host.Status;

/// <summary>
/// kube-proxy's notion of health: every wish to sync is fulfilled within twice the sync period, and the Node is not on its way out. Beside it
/// whether all required plugins have had their say in that time, which is readiness. Read by servers on any thread, written by the loop.
/// </summary>
internal sealed class ProxyHealth(TimeProvider time)
{
    /// <summary>The cluster autoscaler's mark on a node that it is about to delete.</summary>
    private const string GoingTaint = "ToBeDeletedByClusterAutoscaler";

    private readonly Lock _gate = new();
    private long _syncPeriod = StandardSyncPeriod.Ticks;
    private DateTimeOffset? _oldestPending;
    private DateTimeOffset? _unreadySince;
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

    /// <summary>
    /// Whether the cluster has been read and programmed once with what every required plugin wants (until then this node serves what an earlier
    /// agent left, or nothing), and whether that is overdue again.
    /// </summary>
    public (bool WasProgrammed, bool IsOverdue) Readiness
    {
        get
        {
            lock (_gate)
            {
                return (_wasUpdated, IsOverdue(_unreadySince, time.GetUtcNow()));
            }
        }
    }

    public void Queued()
    {
        lock (_gate)
        {
            _oldestPending ??= time.GetUtcNow();
            _unreadySince ??= _oldestPending;
        }
    }

    /// <summary>The kernel was synced.</summary>
    /// <param name="isReady">With what every required plugin wants.</param>
    public void Updated(bool isReady = true)
    {
        lock (_gate)
        {
            _oldestPending = null;
            _lastUpdated = time.GetUtcNow();
            if (isReady)
            {
                _unreadySince = null;
                _wasUpdated = true;
            }
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
            var isHealthy = !IsOverdue(_oldestPending, now);
            return (isHealthy, isHealthy ? now : _lastUpdated, now);
        }
    }

    private bool IsOverdue(DateTimeOffset? since, DateTimeOffset now) => since is { } pending && now - pending >= 2 * SyncPeriod;
}
