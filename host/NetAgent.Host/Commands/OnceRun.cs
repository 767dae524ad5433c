using NetAgent.Dataplane;
using NetAgent.Host.Composition;
using NetAgent.Host.Status;

namespace NetAgent.Host.Commands;

/// <summary><c>netagent run --once</c>: rounds until a full read of the kernel finds nothing to do.</summary>
internal static class OnceRun
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // For a folder that is missing because somebody replaces it.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(SingleLook look, TimeSpan limit, bool isLogged, Backends backends, CancellationToken cancellationToken)
    {
        var start = backends.Time.GetTimestamp();
        SyncReport? report = null;
        for (var isLast = false; !cancellationToken.IsCancellationRequested;)
        {
            // The source may be read in bits; what counts is a round that had all of it and found nothing to do.
            var isFirst = report is null;
            var latest = await look.Loop.RoundAsync(verify: !isFirst);
            report = latest ?? report;
            if (!isFirst && report is { Changes: 0, Drifted: 0, IsComplete: true } && Failing(look).Count == 0)
            {
                return await OnceText.TellAsync(look, isLogged, backends.Error) ? ExitCode.Failed : ExitCode.Success;
            }
            if (look.Error is not null || (!isFirst && IsVain(look, report)) || (IsWithoutCluster(look) && backends.Time.GetElapsedTime(start) >= Moment))
            {
                break;
            }
            if (backends.Time.GetElapsedTime(start) >= limit)
            {
                // What was written is read back, however late it is.
                if (isLast || latest is not { IsComplete: true })
                {
                    break;
                }
                isLast = true;
            }
            else if (report is null || !report.IsComplete || Failing(look).Count > 0)
            {
                await Task.Delay(Pause, backends.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        await ExplainAsync(look, report, backends.Time.GetElapsedTime(start), backends.Error);
        return ExitCode.Failed;
    }

    // What could be programmed is, and what fails is not tried again, or waits for what this node does not have.
    private static bool IsVain(SingleLook look, SyncReport? report) => report is { Changes: 0, Drifted: 0, IsComplete: true }
        && Failing(look).All(plugin => plugin is { IsHeld: true } or { State: PluginState.Refused, RetryAt: null });

    private static bool IsWithoutCluster(SingleLook look) =>
        look.IsLocal && look.Loop.Snapshot is not { IsClusterComplete: true, IsNodeKnown: true };

    private static IReadOnlyList<PluginStatus> Failing(SingleLook look) =>
        [.. look.Loop.Snapshot.Plugins.Where(plugin => plugin.IsFailing || plugin.State == PluginState.Starting)];

    private static async Task ExplainAsync(SingleLook look, SyncReport? report, TimeSpan passed, TextWriter error)
    {
        await error.WriteLineAsync($"the kernel does not hold what is wanted after {Took.Text(passed)}:");
        foreach (var reason in Reasons(look, report).DefaultIfEmpty("it was ended before a read of the kernel found nothing to do"))
        {
            await error.WriteLineAsync($"  {reason}");
        }
    }

    private static IEnumerable<string> Reasons(SingleLook look, SyncReport? report)
    {
        var snapshot = look.Loop.Snapshot;
        if (look.Error is { } failure)
        {
            yield return $"the cluster cannot be read: {failure.Message}";
        }
        else if (!snapshot.IsClusterComplete)
        {
            yield return "the cluster's objects have not been read in full";
        }
        else if (!snapshot.IsNodeKnown)
        {
            yield return $"there is no Node '{snapshot.NodeName}' among them (--node-name)";
        }
        // A Node that is there and cannot be read is none.
        foreach (var notice in snapshot is { IsClusterComplete: true, IsNodeKnown: true } || look.Error is not null ? [] : look.SourceNotices)
        {
            yield return notice.Message;
        }
        foreach (var plugin in Failing(look))
        {
            yield return OnceText.Of(plugin);
        }
        foreach (var (_, plugin, text, single) in FailureGroups.Of(report?.Failed ?? []))
        {
            yield return $"{(plugin.Length == 0 ? "" : $"{plugin}: ")}{text}{(single is null ? "" : $" (errno {single.Errno}, {Counted.Of(single.Attempts, "attempt")})")}";
        }
        foreach (var row in report?.Failed.Where(row => row.IsConflict) ?? [])
        {
            yield return OnceText.Of(row);
        }
        foreach (var read in report?.ReadFailures ?? [])
        {
            yield return read.ToString();
        }
        if (report is { IsComplete: true } and ({ Changes: > 0 } or { Drifted: > 0 }))
        {
            yield return $"the last read of the kernel still found {Counted.Of(report.Changes, "row")} to write, which {(report.Changes == 1 ? "was" : "were")} not read back";
        }
    }
}
