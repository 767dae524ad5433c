using Microsoft.Extensions.Logging;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Cluster;
using NetAgent.Host.Configuration;
using NetAgent.Host.Status;
using NetAgent.Host.Timing;

namespace NetAgent.Host.Loop;

/// <summary>
/// The one loop. It alone calls the dataplane and the plugins: look at configuration, cluster, node; let the plugins concerned say what
/// they want; sync; publish. Between rounds it sleeps until something changes or is due.
/// </summary>
internal sealed class SyncLoop : IAsyncDisposable
{
    private readonly RestoreFailures _restoreFailures = new();
    private readonly LoopParts _parts;
    private readonly WakeSignal _wake = new();
    private readonly KernelEvents _events;
    private readonly VerifyTimer _verify;
    private readonly ProgrammingLatency _latency;
    private readonly NoticeBoard _board;
    private readonly PluginRound _round;
    private readonly UnreadWatch _unread;
    private readonly DateTimeOffset _startedAt;
    private readonly SyncLog _log;
    private ClusterState _cluster = ClusterState.Empty;
    private Node? _node;
    private bool _isNodeGone;
    private SyncReport? _lastReport;
    private bool _isFirstSyncDone;
    private bool _isSyncOwed;
    private string? _failure;
    private volatile AgentSnapshot _snapshot = new();

    public SyncLoop(LoopParts parts)
    {
        _parts = parts;
        _startedAt = parts.Time.GetUtcNow();
        Heartbeat = new(parts.Time);
        _events = new(parts.Dataplane, _wake);
        _verify = new(parts.Time);
        _latency = new(parts.Metrics, _startedAt);
        _board = new(parts.Log, parts.Events);
        _round = new(parts, _wake);
        _unread = new(parts.Dataplane);
        _log = new(parts.Log, _startedAt);
        parts.Feed.Changed += _wake.Set;
        _snapshot = Look();
    }

    /// <summary>The agent at the end of the last round.</summary>
    public AgentSnapshot Snapshot => _snapshot;

    public LoopHeartbeat Heartbeat { get; }

    /// <summary>Raised by the loop after each round.</summary>
    public event Action? Rounded;

    /// <summary>Anything outside that the loop should look at: a changed file.</summary>
    public void Wake() => _wake.Set();

    /// <summary>As <see cref="Wake"/>, for files of plugins.</summary>
    public void LookAtPlugins()
    {
        _round.Plugins.LookAtFiles();
        _wake.Set();
    }

    /// <summary>Runs until cancelled; a round in progress is finished. The kernel's state stays.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var pump = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pumping = _events.PumpAsync(pump.Token);
        // By a clock that nobody sets: one that was set back would hold the loop up for as long.
        long? lastRound = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            var pause = lastRound is { } began ? Agent.MinSyncPeriod - _parts.Time.GetElapsedTime(began) : TimeSpan.Zero;
            if (pause > TimeSpan.Zero)
            {
                Heartbeat.Beat(pause);
                await Task.Delay(pause, _parts.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (cancellationToken.IsCancellationRequested)
                {
                    break;
                }
            }
            lastRound = _parts.Time.GetTimestamp();
            Heartbeat.Beat(TimeSpan.Zero);
            await TryRoundAsync();
            try
            {
                var idle = UntilDue();
                Heartbeat.Beat(idle);
                await _wake.WaitAsync(idle, _parts.Time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        await pump.CancelAsync();
        await pumping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _parts.Configuration.EndTrial();
    }

    /// <summary>One round. Null when nothing had to be synced, or the cluster or the Node is not known yet.</summary>
    public async Task<SyncReport?> RoundAsync(bool verify)
    {
        var report = await PrepareAsync(verify) is { } readKernel && _isSyncOwed ? Sync(readKernel) : null;
        Publish();
        Rounded?.Invoke();
        return report;
    }

    /// <summary>What a round would change; null when the cluster, the Node or a plugin's ConfigMap is not known yet. Writes nothing.</summary>
    public async Task<DataplanePlan?> PlanAsync()
    {
        var isReady = await PrepareAsync(verify: true) is not null && !_round.Plugins.Statuses.Any(plugin => plugin.State == PluginState.Starting);
        var plan = isReady ? _parts.Dataplane.Plan() : null;
        Publish();
        return plan;
    }

    // All of a round but the kernel. Null when it is too early for that; else whether the kernel must be read first.
    private async Task<bool?> PrepareAsync(bool verify)
    {
        var kernel = _events.Take();
        var update = _parts.Feed.Take();
        TakeOver(update);
        if (!_parts.Feed.IsComplete || _node is null)
        {
            return null;
        }
        verify |= IsVerifyDue(kernel.Drift);
        // Plugins see what somebody else wrote before it is put right: one who never stops is to be left alone.
        var isTouched = ProbeDrift();
        var isChanged = await _round.RunAsync(_cluster, _node, update.Changed, kernel.LinksChanged || isTouched, verify);
        _isSyncOwed |= _unread.Take(_cluster, update.Unread, _round.Plugins.Running.Where(plugin => plugin.Accepted.UsesDefaults).Select(plugin => plugin.Name));
        _isSyncOwed |= isChanged || kernel.Due || verify || isTouched;
        return verify;
    }

    public async ValueTask DisposeAsync()
    {
        _parts.Feed.Changed -= _wake.Set;
        await _round.DisposeAsync();
        _wake.Dispose();
    }

    // A socket that does not open or a full disk passes; the kernel's state stays meanwhile and health tells when it lasts.
    private async Task TryRoundAsync()
    {
        try
        {
            await RoundAsync(verify: false);
            _failure = null;
        }
        catch (IOException failure)
        {
            if (failure.Message != _failure)
            {
                _parts.Log.LogError("this round failed and is tried again every second: {Failure}", failure.Message);
            }
            _failure = failure.Message;
            _isSyncOwed = true;
            Queued(_parts.Time.GetUtcNow());
        }
    }

    private AgentConfiguration Agent => _parts.Configuration.Current!.Agent;

    private void TakeOver(ClusterUpdate update)
    {
        if (!ReferenceEquals(_cluster, update.State))
        {
            _latency.Note(_cluster, update);
            _cluster = update.State;
        }
        // A Node that vanishes for a moment must not look like a node without addresses.
        _isNodeGone = update.State.Node is null && _node is not null;
        if (update.State.Node is { } node)
        {
            _node = node;
            _parts.Health.NodeChanged(node);
            _parts.Metrics.NodeChanged(node);
        }
        else if (_node is not null)
        {
            _cluster = _cluster with { Node = _node };
        }
        _round.OtherHosts = update.OtherHosts;
        _round.TakeNews();
    }

    private bool IsVerifyDue(bool drift)
    {
        if (drift)
        {
            _verify.DriftSeen();
        }
        return !_isFirstSyncDone || _verify.NextDue <= _parts.Time.GetSteadyNow();
    }

    private bool ProbeDrift()
    {
        if (!_verify.IsProbeDue)
        {
            return false;
        }
        _verify.Probed(_parts.Dataplane.ProbesPerRound);
        return _parts.Dataplane.ProbeDrift();
    }

    private SyncReport Sync(bool verify)
    {
        _parts.Health.SyncPeriod = _round.Plugins.Running.Max(plugin => plugin.Accepted.Period) is { } period && period > ProxyHealth.StandardSyncPeriod
            ? period
            : ProxyHealth.StandardSyncPeriod;
        Queued(_parts.Time.GetUtcNow());
        // Not the loop's token: a sync that began is finished, or a packet would meet half a state.
        var report = _parts.Dataplane.Sync(verify, CancellationToken.None);
        var now = _parts.Time.GetUtcNow();
        if (verify)
        {
            _verify.Verified(VerifyTimer.Shortest(Agent.VerifyPeriod, _round.Plugins.Running.Select(plugin => plugin.Accepted.VerifyPeriod)));
        }
        _isSyncOwed = report.ReadFailures.Count > 0;
        _parts.Metrics.SyncTook(report.Duration);
        foreach (var family in _restoreFailures.Of(report.Failed))
        {
            _parts.Metrics.RestoreFailed(family);
        }
        _parts.Metrics.Drifted(report.Drifted);
        _parts.Metrics.ReadFailed(report.ReadFailures.Count);
        if (report.ReadFailures.Count == 0)
        {
            _latency.Programmed(now);
            _parts.Metrics.Synced(now);
            // A load balancer must leave a node whose Services stand still, and no other: one misspelt plugin in the configuration of all
            // nodes would leave it no target.
            var missing = _round.Plugins.Statuses.Where(plugin => plugin.IsRequired && (plugin.IsFailing || plugin.State == PluginState.Starting)).ToArray();
            if (!missing.Any(plugin => plugin.ServesServices))
            {
                _parts.Health.Updated(isReady: missing.Length == 0);
            }
        }
        if (report.WroteSysctls)
        {
            // A plugin that never sees its own value there cannot tell that somebody else changed it.
            _round.AreFactsOld = true;
            _wake.Set();
        }
        if (report.IsComplete)
        {
            _round.Plugins.Settled();
        }
        _round.EvaluateTrial();
        _log.Say(report);
        _isFirstSyncDone = true;
        _lastReport = report;
        return report;
    }

    private void Queued(DateTimeOffset now)
    {
        _parts.Health.Queued();
        _parts.Metrics.Queued(now);
    }

    private TimeSpan UntilDue()
    {
        // What is due now was due in the round that failed, too: without a pause that would be a busy loop.
        if (_failure is not null)
        {
            return TimeSpan.FromSeconds(1);
        }
        var (now, steady) = (_parts.Time.GetUtcNow(), _parts.Time.GetSteadyNow());
        var wait = _isFirstSyncDone ? _verify.NextDue - steady : TimeSpan.FromMinutes(1);
        Consider(_round.NextDue(now) - now);
        Consider(_verify.NextProbe - steady);
        Consider(_isSyncOwed && _isFirstSyncDone ? TimeSpan.FromSeconds(1) : null);
        // Timers of the framework count milliseconds; waking a little late beats waking twice.
        return wait <= TimeSpan.Zero ? TimeSpan.Zero : wait + TimeSpan.FromMilliseconds(1);

        void Consider(TimeSpan? other) => wait = other < wait ? other.Value : wait;
    }

    private void Publish()
    {
        var snapshot = Look();
        if (snapshot.ConfigurationRefusal is { } refusal && refusal != _snapshot.ConfigurationRefusal)
        {
            _parts.Metrics.ConfigurationRefused();
        }
        _board.Post(LoopNotices.Of(
            snapshot, _parts.Configuration.Problems, _round.Plugins.GateProblems, [.. _parts.Feed.Notices, .. _parts.ServerNotices()]));
        _snapshot = snapshot with { Notices = _board.Current };
        _log.SayStarted(snapshot, _parts.Time.GetUtcNow());
    }

    private AgentSnapshot Look() => new()
    {
        NodeName = _parts.NodeName,
        StartedAt = _startedAt,
        IsClusterComplete = _parts.Feed.IsComplete,
        IsNodeKnown = _node is not null,
        IsNodeGone = _isNodeGone,
        IsCutOff = _parts.Feed.IsCutOff,
        IsReadInPart = _parts.Feed.IsReadInPart,
        ServiceCount = _cluster.Services.Count,
        Unread = _unread.Unread,
        UnreadNames = _unread.Names,
        ConfigurationDigest = _parts.Configuration.Current?.Digest,
        ConfigurationRefusal = _parts.Configuration.Refusal,
        TrialUntil = _round.TrialUntil,
        Plugins = _round.Plugins.Statuses,
        LeakedPlugins = _round.Plugins.Leaks,
        RecordProblem = _round.Plugins.RecordProblem ?? _parts.Configuration.RecordProblem,
        Dataplane = _parts.Dataplane.Status,
        Capabilities = _parts.Dataplane.Capabilities,
        LastReport = _lastReport,
    };
}
