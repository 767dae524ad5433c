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
            await backends.Error.WriteLineAsync(look.Error?.Message
                ?? look.Loop.Snapshot.Plugins.FirstOrDefault(plugin => plugin.State == PluginState.Starting)?.LastError
                ?? (look.Loop.Snapshot.IsClusterComplete ? $"the cluster has no Node '{nodeName}' (--node-name)"
                    : string.Join('\n', look.SourceNotices.Select(notice => notice.Message).DefaultIfEmpty($"no answer came for {Silence.TotalSeconds:0} s").Prepend("the cluster's objects could not be read in full"))));
            return ExitCode.Failed;
        }
        var failing = look.Loop.Snapshot.Plugins.Where(plugin => plugin.IsFailing).ToArray();
        Write(plan, failing, asJson, backends.Output);
        foreach (var plugin in failing)
        {
            await backends.Error.WriteLineAsync($"plugin {plugin.Name} is {plugin.State}: {plugin.LastError}");
        }
        foreach (var (name, notice) in look.Loop.Snapshot.Notices.OrderByDescending(posted => posted.Notice.Severity)
            .Where(posted => posted.Notice.Severity != Severity.Information && !failing.Any(plugin => plugin.Name == posted.Plugin && plugin.Reason == posted.Notice.Reason)))
        {
            await backends.Error.WriteLineAsync($"{(notice.Severity == Severity.Error ? "error" : "warning")}: {(name.Length == 0 ? "agent" : name)} {notice.Reason}: {notice.Message}");
        }
        var isUnread = await OnceRun.TellUnreadAsync(look, backends.Error);
        return failing.Length > 0 || isUnread ? ExitCode.Failed : plan.Changes.Count > 0 ? ExitCode.Differences : ExitCode.Success;
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

    private static void Write(DataplanePlan plan, PluginStatus[] failing, bool asJson, TextWriter output)
    {
        if (asJson)
        {
            output.WriteLine(JsonBody.Text(json =>
            {
                json.WriteStartArray();
                foreach (var (verb, change) in Lines(plan))
                {
                    json.WriteStartObject();
                    json.WriteString("change", verb);
                    json.WriteString("plugin", change.Plugin);
                    json.WriteString("table", change.Table);
                    json.WriteString("key", change.Key);
                    json.WriteString("before", change.Before);
                    json.WriteString("after", change.After);
                    json.WriteString("course", Course(change));
                    if (change.Course == PlannedCourse.Waiting)
                    {
                        json.WriteString("waitsFor", change.WaitsFor);
                    }
                    json.WriteEndObject();
                }
                foreach (var plugin in failing)
                {
                    json.WriteStartObject();
                    json.WriteString("change", "unknown");
                    json.WriteString("plugin", plugin.Name);
                    json.WriteString("reason", $"{plugin.State}: {plugin.LastError}");
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }));
            return;
        }
        if (plan.Changes.Count + plan.Withheld.Count == 0)
        {
            output.WriteLine(failing.Length == 0 ? "the kernel is as wanted"
                : $"nothing to change for the other plugins; what {string.Join(" and ", failing.Select(plugin => plugin.Name))} would change is not known");
            return;
        }
        var table = new TextTable("CHANGE", "TABLE", "KEY", "PLUGIN", "BEFORE", "AFTER");
        foreach (var (verb, change) in Lines(plan))
        {
            table.Add(Told(verb, change), change.Table, change.Key, change.Plugin, OneLine(change.Before), OneLine(change.After));
        }
        table.WriteTo(output);
        output.WriteLine(Counted.Of(plan.Changes.Count, "change")
            + (plan.Withheld.Count == 0 ? "" : $"; {Counted.Of(plan.Withheld.Count, "removal")} withheld, for what could not be read may own the rows")
            + $"{(failing.Length == 0 ? "" : $"; what {string.Join(" and ", failing.Select(plugin => plugin.Name))} would change is not known")}");
    }

    private static IEnumerable<(string Verb, PlannedChange Change)> Lines(DataplanePlan plan) =>
        plan.Changes.Select(change => (change.Kind.ToString().ToLowerInvariant(), change)).Concat(plan.Withheld.Select(change => ("withheld", change)));

    private static string Course(PlannedChange change) => change.Course switch
    {
        PlannedCourse.Written => "written",
        PlannedCourse.Draining => "draining",
        PlannedCourse.WithParent => "withParent",
        PlannedCourse.Waiting => "waiting",
        PlannedCourse.Withheld => "withheld",
        _ => "observed",
    };

    private static string Told(string verb, PlannedChange change) => change.Course switch
    {
        PlannedCourse.Draining => "drain",
        PlannedCourse.WithParent => $"{verb} (with its parent)",
        PlannedCourse.Waiting => $"{verb} (waits for {change.WaitsFor})",
        PlannedCourse.Observed => $"{verb} (only observed)",
        _ => verb,
    };

    private static string OneLine(string value)
    {
        var line = Status.OneLine.Of(value);
        return line.Length <= 60 ? line : string.Concat(line.AsSpan(0, 57), "...");
    }

    /// <summary>The state directory is known only once the configuration is read.</summary>
    private sealed class LazyScratch : IDisposable
    {
        private ScratchState? _state;

        public string For(string stateDirectory) => (_state ??= new(stateDirectory)).Directory;

        public void Dispose() => _state?.Dispose();
    }
}
