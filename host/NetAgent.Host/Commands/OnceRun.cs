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

    // For a folder that is missing because somebody replaces it.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(SingleLook look, TimeSpan limit, Backends backends, CancellationToken cancellationToken)
    {
        var start = backends.Time.GetTimestamp();
        SyncReport? report = null;
        while (!cancellationToken.IsCancellationRequested && backends.Time.GetElapsedTime(start) < limit)
        {
            // The source may be read in bits; what counts is a round that had all of it and found nothing to do.
            var isFirst = report is null;
            report = await look.Loop.RoundAsync(verify: !isFirst) ?? report;
            if (!isFirst && report is { Changes: 0, Drifted: 0, IsComplete: true } && Failing(look).Count == 0)
            {
                var isUnread = await TellUnreadAsync(look, backends.Error);
                return await TellRefusedAsync(look, backends.Error) || isUnread ? ExitCode.Failed : ExitCode.Success;
            }
            if (look.Error is not null || (!isFirst && IsVain(look, report)) || (IsWithoutCluster(look) && backends.Time.GetElapsedTime(start) >= Moment))
            {
                break;
            }
            if (report is null || !report.IsComplete || Failing(look).Count > 0)
            {
                await Task.Delay(Pause, backends.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        await ExplainAsync(look, report, backends.Time.GetElapsedTime(start), backends.Error);
        return ExitCode.Failed;
    }

    // What could be programmed is, and what fails is not tried again.
    private static bool IsVain(SingleLook look, SyncReport? report) => report is { Changes: 0, Drifted: 0, IsComplete: true }
        && Failing(look).All(plugin => plugin is { State: PluginState.Refused, RetryAt: null });

    private static bool IsWithoutCluster(SingleLook look) =>
        look.IsLocal && look.Loop.Snapshot is not { IsClusterComplete: true, IsNodeKnown: true };

    private static IReadOnlyList<PluginStatus> Failing(SingleLook look) =>
        [.. look.Loop.Snapshot.Plugins.Where(plugin => plugin.IsFailing || plugin.State == PluginState.Starting)];

    /// <summary>Says what could not be read and what stays for it; true when there is something.</summary>
    internal static async Task<bool> TellUnreadAsync(SingleLook look, TextWriter error)
    {
        var snapshot = look.Loop.Snapshot;
        if (!snapshot.Unread.IsNone)
        {
            await error.WriteLineAsync($"could not be read: {string.Join(", ", snapshot.Unread.Names)}:");
            foreach (var notice in look.SourceNotices)
            {
                await error.WriteLineAsync($"  {notice.Message}");
            }
        }
        if (snapshot.Dataplane.Withheld is { Count: > 0 } withheld)
        {
            await error.WriteLineAsync(UnreadText.Of(snapshot.UnreadNames, withheld));
        }
        return !snapshot.Unread.IsNone;
    }

    // The kernel holds what is wanted, which is not what the files ask for. True when there is such a plugin.
    private static async Task<bool> TellRefusedAsync(SingleLook look, TextWriter error)
    {
        var isRefused = false;
        foreach (var plugin in look.Loop.Snapshot.Plugins.Where(plugin => plugin.Problems.Any(problem => problem.IsError)))
        {
            // A plugin that only looks on by default claims nothing then.
            var holdsNothing = plugin.Claims == PluginClaims.None;
            isRefused = true;
            var inForce = holdsNothing ? "nothing of it is in force" : "defaults or the last good one are in force";
            foreach (var problem in plugin.Problems.Where(problem => problem.IsError))
            {
                await error.WriteLineAsync($"plugin {plugin.Name}: configuration refused, {inForce}: {problem}");
            }
        }
        return isRefused;
    }

    private static async Task ExplainAsync(SingleLook look, SyncReport? report, TimeSpan passed, TextWriter error)
    {
        var snapshot = look.Loop.Snapshot;
        await error.WriteLineAsync($"the kernel does not hold what is wanted after {GoDuration.ToText(TimeSpan.FromMilliseconds(Math.Round(passed.TotalMilliseconds)))}:");
        if (look.Error is { } failure)
        {
            await error.WriteLineAsync($"  the cluster cannot be read: {failure.Message}");
        }
        else if (!snapshot.IsClusterComplete)
        {
            await error.WriteLineAsync("  the cluster's objects have not been read in full");
            foreach (var notice in look.SourceNotices)
            {
                await error.WriteLineAsync($"  {notice.Message}");
            }
        }
        else if (!snapshot.IsNodeKnown)
        {
            await error.WriteLineAsync($"  there is no Node '{snapshot.NodeName}' among them (--node-name)");
        }
        foreach (var plugin in Failing(look))
        {
            await error.WriteLineAsync($"  plugin {plugin.Name} is {plugin.State}: {plugin.LastError}");
        }
        foreach (var (_, plugin, text, single) in FailureGroups.Of(report?.Failed ?? []))
        {
            await error.WriteLineAsync($"  {(plugin.Length == 0 ? "" : $"{plugin}: ")}{text}{(single is null ? "" : $" (errno {single.Errno}, {Counted.Of(single.Attempts, "attempt")})")}");
        }
        foreach (var row in report?.Failed.Where(row => row.IsConflict) ?? [])
        {
            await error.WriteLineAsync($"  {row.Plugin}: {row.Table} {row.Key}: {row.Operation}: {row.Reason}");
        }
        foreach (var read in report?.ReadFailures ?? [])
        {
            await error.WriteLineAsync($"  {read}");
        }
    }
}
