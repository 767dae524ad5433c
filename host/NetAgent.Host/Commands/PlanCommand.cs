using System.CommandLine;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.Status;

namespace NetAgent.Host.Commands;

/// <summary><c>netagent plan</c>: what <c>run</c> would change. Reads the kernel, writes nothing, may run beside the agent.</summary>
internal static class PlanCommand
{
    // For slow plugins and large clusters.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // For a cluster of which nothing more is heard.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static Command Create(Backends backends, CommonOptions common)
    {
        var command = new Command("plan", "Show what run would change in the kernel. Exit code 0: nothing; 2: changes; 1: it cannot be told.")
        {
            common.Config, common.Manifests, common.Kubeconfig, common.NodeName, common.Output,
        };
        common.RefuseTwoSources(command);
        command.SetAction(async (line, cancellationToken) =>
        {
            using var scratch = new LazyScratch();
            await using var maps = new ConfigMapFiles(backends.OpenConfigMaps);
            // What the loop would log stands in the plan, or below it.
            var overrides = common.Overrides(line);
            var store = new ConfigurationStore(line.GetValue(common.Config), backends.ReadFile, agent => overrides(agent) with { Logging = LoggingSettings.Silent }, maps)
            {
                StateDirectory = scratch.For,
            };
            backends.Signals.Listen(isAgent: false);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, backends.Signals.Stopping);
            return await PlanAsync(backends, store, common.Node(line), line.GetValue(common.Output) == "json", stop.Token);
        });
        return command;
    }

    private static async Task<int> PlanAsync(Backends backends, ConfigurationStore store, string nodeName, bool asJson, CancellationToken cancellationToken)
    {
        if (!await FirstConfiguration.ReadAsync(backends, store, Silence, cancellationToken))
        {
            foreach (var problem in store.Problems)
            {
                await backends.Error.WriteLineAsync(problem.ToString());
            }
            return store.IsPending && cancellationToken.IsCancellationRequested ? ExitCode.Failed : ExitCode.ConfigurationInvalid;
        }
        await using var agent = AgentServices.BuildSingleLook(backends, store, nodeName);
        var look = await agent.LookAsync();
        if (await TryPlanAsync(look, backends, cancellationToken) is not { } plan)
        {
            foreach (var line in WhyNone(look, nodeName))
            {
                await backends.Error.WriteLineAsync(line);
            }
            return ExitCode.Failed;
        }
        var snapshot = look.Loop.Snapshot;
        Doubt[] doubts =
        [
            .. snapshot.Plugins.Where(plugin => plugin.IsFailing).Select(plugin => new Doubt(plugin.Name, $"{plugin.State}: {plugin.LastError}")),
            .. OnceText.RefusedOf(snapshot).Select(refused => new Doubt(refused.Plugin, refused.Problem)),
        ];
        PlanText.Write(plan, doubts, asJson, backends.Output);
        foreach (var plugin in snapshot.Plugins.Where(plugin => plugin.IsFailing))
        {
            await backends.Error.WriteLineAsync($"plugin {plugin.Name} is {plugin.State}: {plugin.LastError}");
        }
        foreach (var (name, notice) in snapshot.Notices.Where(posted => !IsToldBelow(posted, look)).OrderByDescending(posted => posted.Notice.Severity))
        {
            await backends.Error.WriteLineAsync($"{(notice.Severity == Severity.Error ? "error" : "warning")}: {(name.Length == 0 ? "agent" : name)} {notice.Reason}: {notice.Message}");
        }
        var isLacking = await OnceText.TellAsync(look, isLogged: false, backends.Error);
        return doubts.Length > 0 || isLacking ? ExitCode.Failed : plan.Changes.Count > 0 ? ExitCode.Differences : ExitCode.Success;
    }

    // Each once: plugins that do not run, refused configurations and what could not be read have lines of their own.
    private static bool IsToldBelow(PostedNotice posted, SingleLook look)
    {
        var (severity, reason, message) = posted.Notice;
        return severity == Severity.Information
            || reason is SharedReasons.ConfigurationRefused && posted.Plugin.Length > 0
            || posted.Plugin.Length == 0 && (reason == nameof(AgentReason.RemovalsWithheld)
                || (look.Loop.Snapshot is { Unread.IsNone: false } or { IsReadInPart: true } && look.UnreadNotices.Any(notice => OneLine.Of(notice.Message) == message)))
            || look.Loop.Snapshot.Plugins.Any(plugin => plugin.IsFailing && plugin.Name == posted.Plugin && plugin.Reason == reason);
    }

    private static IEnumerable<string> WhyNone(SingleLook look, string nodeName)
    {
        var snapshot = look.Loop.Snapshot;
        if (look.Error is { } error)
        {
            return [error.Message];
        }
        if (snapshot.Plugins.FirstOrDefault(plugin => plugin.State == PluginState.Starting) is { } starting)
        {
            return [OnceText.Of(starting)];
        }
        var notices = look.SourceNotices.Select(notice => notice.Message);
        // A Node that is there and cannot be read is none.
        return snapshot.IsClusterComplete ? notices.Prepend($"the cluster has no Node '{nodeName}' (--node-name)")
            : notices.DefaultIfEmpty($"no answer came for {Silence.TotalSeconds:0} s").Prepend("the cluster's objects could not be read in full");
    }

    private static async Task<DataplanePlan?> TryPlanAsync(SingleLook look, Backends backends, CancellationToken cancellationToken)
    {
        var start = backends.Time.GetTimestamp();
        var (heard, heardAt) = (-1L, start);
        while (look.Error is null && !cancellationToken.IsCancellationRequested)
        {
            if (await look.Loop.PlanAsync() is { } plan)
            {
                return plan;
            }
            var now = backends.Time.GetTimestamp();
            var sofar = look.Snapshot.Resources.Sum(resource => resource.Objects + resource.Lists + resource.Events);
            (heard, heardAt) = sofar == heard ? (heard, heardAt) : (sofar, now);
            var isClusterThere = look.Loop.Snapshot is { IsClusterComplete: true, IsNodeKnown: true };
            if (backends.Time.GetElapsedTime(start, now) >= Limit || (!isClusterThere && backends.Time.GetElapsedTime(heardAt, now) >= Silence))
            {
                return null;
            }
            await Task.Delay(Pause, backends.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return null;
    }

    /// <summary>The state directory is known only once the configuration is read.</summary>
    private sealed class LazyScratch : IDisposable
    {
        private ScratchState? _state;

        public string For(string stateDirectory) => (_state ??= new(stateDirectory)).Directory;

        public void Dispose() => _state?.Dispose();
    }
}
