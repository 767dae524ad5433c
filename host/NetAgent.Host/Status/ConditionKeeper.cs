using Microsoft.Extensions.Logging;
using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Host.Timing;

namespace NetAgent.Host.Status;

/// <summary>
/// Keeps the condition NetAgentReady of this Node where the configuration asks for it (<c>nodeCondition: true</c>): false while
/// <c>netagent status</c> says DEGRADED, unknown once the agent was stopped. Written when it changes, and every five minutes as the
/// kubelet's are.
/// </summary>
internal sealed class ConditionKeeper(
    Func<AgentSnapshot> snapshot, Func<NodeCondition, CancellationToken, Task> write, TimeProvider time, ILogger log) : IDisposable
{
    private const string Type = "NetAgentReady";

    private static readonly TimeSpan Heartbeat = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    // An agent that restarts has not read the cluster yet: no reason to turn the condition twice.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WakeSignal _wake = new();
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private NodeCondition? _written;
    private DateTimeOffset _due;
    private bool _hasFailed;

    /// <summary>There was a round.</summary>
    public void Wake() => _wake.Set();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await LookAsync(cancellationToken);
            await _wake.WaitAsync(Retry, time, cancellationToken);
        }
    }

    /// <summary>Writes the condition if it is due.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var agent = snapshot();
        var condition = Of(agent);
        var isTurned = condition.IsTrue != _written?.IsTrue;
        if ((now < _due && (_hasFailed || condition == _written)) || (agent.LastReport is null && now - _startedAt < Patience))
        {
            return;
        }
        try
        {
            await write(condition with { ChangedAt = isTurned ? now : null }, cancellationToken);
            (_written, _due, _hasFailed) = (condition, now + Heartbeat, false);
        }
        catch (InvalidOperationException refused)
        {
            log.Log(_hasFailed ? LogLevel.Debug : LogLevel.Warning,
                "{Problem}; nodeCondition needs the right to patch nodes/status (deploy/kustomize/node-condition)", refused.Message);
            (_due, _hasFailed) = (now + Retry, true);
        }
    }

    /// <summary>Writes that nobody looks any more, within the time there is; not where nothing was written before.</summary>
    public async Task StopAsync()
    {
        if (_written is null)
        {
            return;
        }
        using var limit = new CancellationTokenSource(StopLimit, time);
        var stopped = new NodeCondition(Type, null, "Stopped", "the agent was stopped; the kernel keeps what is programmed",
            time.GetUtcNow());
        try
        {
            await write(stopped, limit.Token);
        }
        catch (Exception e) when (e is InvalidOperationException or OperationCanceledException)
        {
            log.LogWarning("condition {Type} stays as it was last written: {Problem}", Type,
                limit.IsCancellationRequested ? $"the API server did not take it within {StopLimit.TotalSeconds:0} s" : e.Message);
        }
    }

    public void Dispose() => _wake.Dispose();

    private static NodeCondition Of(AgentSnapshot agent)
    {
        if (!agent.IsDegraded)
        {
            return new(Type, true, "Programmed", "the kernel holds what the cluster wants", null);
        }
        var worst = agent.Notices.Select(posted => posted.Notice).Where(notice => notice.Severity != Severity.Information)
            .OrderByDescending(notice => notice.Severity).ThenBy(notice => notice.Message, StringComparer.Ordinal).FirstOrDefault();
        return worst is null && agent.IsStarting ? new(Type, false, "Starting", "plugins are at their first plan", null)
            : worst is null ? new(Type, false, "ClusterNotRead", "the cluster has not been read in full", null)
            : new(Type, false, worst.Reason, worst.Message, null);
    }
}
