using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Composition;
using NetAgent.Host.Status;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Host.Commands;

/// <summary><c>netagent run --once</c>: rounds until a full read of the kernel finds nothing to do.</summary>
internal static class OnceRun
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static async Task<int> RunAsync(AgentSession session, TimeSpan limit, Backends backends, CancellationToken cancellationToken)
    {
        var start = backends.Time.GetTimestamp();
        SyncReport? report = null;
        while (!cancellationToken.IsCancellationRequested && backends.Time.GetElapsedTime(start) < limit)
        {
            // The source may be read in bits; what counts is a round that had all of it and found nothing to do.
            var isFirst = report is null;
            report = await session.Loop.RoundAsync(verify: !isFirst) ?? report;
            if (!isFirst && report is { Changes: 0, Drifted: 0, IsComplete: true } && Failing(session).Count == 0)
            {
                return await TellRefusedAsync(session, backends.Error) ? ExitCode.Failed : ExitCode.Success;
            }
            if (session.Following.IsFaulted)
            {
                break;
            }
            if (report is null || !report.IsComplete || Failing(session).Count > 0)
            {
                await Task.Delay(Pause, backends.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        await ExplainAsync(session, report, limit, backends.Error);
        return ExitCode.Failed;
    }

    private static IReadOnlyList<PluginStatus> Failing(AgentSession session) =>
        [.. session.Loop.Snapshot.Plugins.Where(plugin => plugin.IsFailing || plugin.State == PluginState.Starting)];

    // The kernel holds what is wanted, which is not what the files ask for. True when a plugin does nothing of what its files ask for.
    private static async Task<bool> TellRefusedAsync(AgentSession session, TextWriter error)
    {
        var isIdle = false;
        foreach (var plugin in session.Loop.Snapshot.Plugins.Where(plugin => plugin.Problems.Any(problem => problem.IsError)))
        {
            // A plugin that only looks on by default claims nothing then.
            var holdsNothing = plugin.Claims == PluginClaims.None;
            isIdle |= holdsNothing;
            var inForce = holdsNothing ? "nothing of it is in force" : "defaults or the last good one are in force";
            foreach (var problem in plugin.Problems.Where(problem => problem.IsError))
            {
                await error.WriteLineAsync($"plugin {plugin.Name}: configuration refused, {inForce}: {problem}");
            }
        }
        return isIdle;
    }

    private static async Task ExplainAsync(AgentSession session, SyncReport? report, TimeSpan limit, TextWriter error)
    {
        var snapshot = session.Loop.Snapshot;
        await error.WriteLineAsync($"the kernel does not hold what is wanted after {GoDuration.ToText(limit)}:");
        if (session.Following.Exception is { } failure)
        {
            await error.WriteLineAsync($"  the cluster cannot be read: {failure.InnerException?.Message}");
        }
        else if (!snapshot.IsClusterComplete)
        {
            await error.WriteLineAsync("  the cluster's objects have not been read in full");
        }
        else if (!snapshot.IsNodeKnown)
        {
            await error.WriteLineAsync($"  there is no Node '{snapshot.NodeName}' among them (--node-name)");
        }
        foreach (var plugin in Failing(session))
        {
            await error.WriteLineAsync($"  plugin {plugin.Name} is {plugin.State}: {plugin.LastError}");
        }
        foreach (var row in report?.Failed ?? [])
        {
            await error.WriteLineAsync($"  {row.Plugin}: {row.Table} {row.Key}: {row.Operation}: {row.Reason} (errno {row.Errno}, {row.Attempts} attempts)");
        }
        foreach (var read in report?.ReadFailures ?? [])
        {
            await error.WriteLineAsync($"  {read}");
        }
    }
}
