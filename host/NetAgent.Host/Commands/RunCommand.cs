using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.Serving;
using NetAgent.Host.State;
using NetAgent.Host.Status;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Host.Commands;

/// <summary><c>netagent run</c>: the agent.</summary>
internal static class RunCommand
{
    public static Command Create(Backends backends, CommonOptions common)
    {
        var once = new Option<bool>("--once") { Description = "Program the kernel, wait until it holds, exit: 0 when everything is in, 1 when not." };
        var within = new Option<string>("--within") { Description = "With --once: give up after this long.", DefaultValueFactory = _ => "60s", HelpName = "DURATION" };
        within.Validators.Add(result =>
        {
            if (!GoDuration.TryParse(result.GetValueOrDefault<string>(), out var parsed) || parsed <= TimeSpan.Zero)
            {
                result.AddError($"--within: '{result.GetValueOrDefault<string>()}' is not a duration such as 60s");
            }
        });
        var command = new Command("run", "Program the kernel as the cluster wants it, and keep it so.")
        {
            common.Config, common.Manifests, common.Kubeconfig, common.NodeName, once, within,
        };
        common.RefuseTwoSources(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(within) is { Implicit: false } && !result.GetValue(once))
            {
                result.AddError("--within: only --once gives up after a time; without it the agent runs until it is stopped");
            }
        });
        command.SetAction(async (line, cancellationToken) =>
        {
            await using var maps = new ConfigMapFiles(backends.OpenConfigMaps);
            var store = new ConfigurationStore(line.GetValue(common.Config), backends.ReadFile, common.Overrides(line), maps, new(isKept: !line.GetValue(once)));
            if (!GoDuration.TryParse(line.GetValue(within), out var limit))
            {
                return ExitCode.Usage;
            }
            return await RunAsync(backends, store, common.Node(line), line.GetValue(once) ? limit : null, cancellationToken);
        });
        return command;
    }

    /// <param name="backends">Kernel, cluster and files.</param>
    /// <param name="store">Not read yet.</param>
    /// <param name="nodeName">This node.</param>
    /// <param name="onceWithin">Null to run until cancelled.</param>
    /// <param name="cancellationToken">Ends the run; the kernel's state stays.</param>
    public static async Task<int> RunAsync(
        Backends backends, ConfigurationStore store, string nodeName, TimeSpan? onceWithin, CancellationToken cancellationToken)
    {
        // The lock comes before the kernel is touched, so the state directory must be known first.
        if (!await FirstConfiguration.ReadAsync(backends, store, onceWithin, cancellationToken))
        {
            foreach (var problem in store.Problems)
            {
                await backends.Error.WriteLineAsync(problem.ToString());
            }
            return ExitCode.ConfigurationInvalid;
        }
        var directory = store.Current!.Agent.StateDirectory;
        using var nodeLock = NodeLock.TryTake(directory, out var holder);
        if (nodeLock is null)
        {
            await backends.Error.WriteLineAsync($"another agent (process {holder}) works on this node: it holds {directory}/lock; stop it first");
            return ExitCode.AlreadyRunning;
        }
        await using var session = new AgentSession(backends, store, nodeName, isSingleLook: onceWithin is not null);
        if (onceWithin is { } limit)
        {
            return await OnceRun.RunAsync(session, limit, backends, cancellationToken);
        }
        return await FollowAsync(session, backends, cancellationToken);
    }

    private static async Task<int> FollowAsync(AgentSession session, Backends backends, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            session.Loop.Wake();
        });
        var agent = session.Configuration.Current!.Agent;
        session.Log.LogInformation("netagent {Version} on node {Node}, configuration {Digest}", AgentVersion.Text, session.Loop.Snapshot.NodeName, session.Configuration.Current.Digest);

        session.Events.Post(isWarning: false, "Starting", $"netagent {AgentVersion.Text}, configuration {session.Configuration.Current.Digest}");

        await using var servers = new AgentServers(backends.Time);
        session.Bound = servers;
        servers.NoticesChanged += session.Loop.Wake;
        session.Servers.NoticesChanged += session.Loop.Wake;
        session.Dataplane.HealthCheckPortsChanged += (_, _) => session.Servers.Update(session.Dataplane.HealthCheckPorts);
        var metrics = new MetricsHandler(() => session.Snapshot, session.Metrics, backends.Time);
        var health = new HealthHandler(session.Health, session.Loop.Heartbeat, session.Metrics);
        await servers.ListenLocallyAsync(StatusClient.SocketPath(agent.StateDirectory), metrics.HandleAsync);
        using var condition = session.Condition(backends.Time);
        Task[] beside =
        [
            condition?.RunAsync(stop.Token) ?? Task.CompletedTask,
            agent.Metrics is { } bindMetrics ? servers.RunAsync("metricsBindAddress", bindMetrics, metrics.HandleAsync, stop.Token) : Task.CompletedTask,
            agent.Healthz is { } bindHealth ? servers.RunAsync("healthzBindAddress", bindHealth, health.HandleAsync, stop.Token) : Task.CompletedTask,
            agent.Probe is { } bindProbe ? servers.RunAsync("probeBindAddress", bindProbe, health.HandleAsync, stop.Token) : Task.CompletedTask,
            session.Servers.RunAsync(stop.Token),
            ConfigurationWatch.RunAsync(session.Configuration, session.Loop.Wake, session.Loop.LookAtPlugins, backends.Time, stop.Token),
        ];
        Task[] needed = [.. beside, session.Following];
        _ = Task.WhenAll(needed.Select(task => StopOnFaultAsync(task, stop)));
        await session.Loop.RunAsync(stop.Token);
        session.Log.LogInformation("stopping; the kernel keeps what is programmed");
        await stop.CancelAsync();
        await Task.WhenAll(beside).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (condition is not null)
        {
            await condition.StopAsync();
        }
        var fault = needed.Select(task => task.Exception?.InnerException).FirstOrDefault(error => error is not null);
        if (fault is null)
        {
            return ExitCode.Success;
        }
        // Half an agent looks well and is not; whoever started it starts it again.
        session.Log.LogCritical(fault, "ended by an error of the agent's own");
        return ExitCode.Failed;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task StopOnFaultAsync(Task task, CancellationTokenSource stop)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (task.IsFaulted)
        {
            await stop.CancelAsync();
        }
    }
}
