using System.CommandLine;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.Serving;
using NetAgent.Host.State;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Host.Commands;

/// <summary><c>netagent run</c>: the agent.</summary>
internal static class RunCommand
{
    public static Command Create(Backends backends, CommonOptions common)
    {
        var once = new Option<bool>("--once") { Description = "Program the kernel, wait until it holds, exit: 0 when everything is in, 1 when not.", Arity = ArgumentArity.Zero };
        var within = new Option<string>("--within") { Description = "With --once: give up after this long.", DefaultValueFactory = _ => "60s", HelpName = "DURATION" };
        within.Validators.Add(result =>
        {
            if (!GoDuration.TryParse(result.GetValueOrDefault<string>(), out var parsed) || parsed <= TimeSpan.Zero)
            {
                result.AddError($"--within: '{result.GetValueOrDefault<string>()}' is not a duration such as 60s");
            }
        });
        var probe = new Option<string?>("--probe-bind-address")
        {
            Description = "Where /livez and /readyz are served, from before the configuration is read on; over the configuration's probeBindAddress.",
            HelpName = "ADDRESS:PORT",
        };
        probe.Validators.Add(result =>
        {
            if (!BindAddress.TryParse(result.GetValueOrDefault<string?>() ?? "", out _))
            {
                result.AddError($"--probe-bind-address: '{result.GetValueOrDefault<string?>()}' is not an address with a port such as 127.0.0.1:10270");
            }
        });
        var command = new Command("run", "Program the kernel as the cluster wants it, and keep it so.")
        {
            common.Config, common.Manifests, common.Kubeconfig, common.NodeName, once, within, probe,
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
            var overrides = common.Overrides(line);
            var isProbed = BindAddress.TryParse(line.GetValue(probe) ?? "", out var address);
            var store = new ConfigurationStore(line.GetValue(common.Config), backends.ReadFile,
                agent => overrides(isProbed ? agent with { Probe = address } : agent), maps, new(isKept: !line.GetValue(once)));
            if (!GoDuration.TryParse(line.GetValue(within), out var limit))
            {
                return ExitCode.Usage;
            }
            return await RunAsync(backends, store, common.Node(line), line.GetValue(once) ? limit : null, cancellationToken, address);
        });
        return command;
    }

    /// <param name="backends">Kernel, cluster and files.</param>
    /// <param name="store">Not read yet.</param>
    /// <param name="nodeName">This node.</param>
    /// <param name="onceWithin">Null to run until cancelled.</param>
    /// <param name="cancellationToken">Ends the run; the kernel's state stays.</param>
    /// <param name="probe">Where probes are answered before the configuration is read; null for nowhere.</param>
    public static async Task<int> RunAsync(
        Backends backends, ConfigurationStore store, string nodeName, TimeSpan? onceWithin, CancellationToken cancellationToken, BindAddress? probe = null)
    {
        backends.Signals.Listen(isAgent: onceWithin is null);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, backends.Signals.Stopping);
        // The lock comes before the kernel is touched, so the state directory must be known first.
        if (!await ReadAsync(backends, store, onceWithin, probe, stop.Token))
        {
            if (onceWithin is null && store.IsPending && stop.IsCancellationRequested)
            {
                return ExitCode.Success;
            }
            foreach (var problem in store.Problems)
            {
                await backends.Error.WriteLineAsync(problem.ToString());
            }
            return store.IsPending && stop.IsCancellationRequested ? ExitCode.Failed : ExitCode.ConfigurationInvalid;
        }
        var directory = store.Current!.Agent.StateDirectory;
        using var nodeLock = NodeLock.TryTake(directory, out var holder);
        if (nodeLock is null)
        {
            await backends.Error.WriteLineAsync($"another agent (process {holder}) works on this node: it holds {directory}/lock; stop it first");
            return ExitCode.AlreadyRunning;
        }
        if (onceWithin is { } limit)
        {
            await using var once = AgentServices.BuildSingleLook(backends, store, nodeName);
            return await OnceRun.RunAsync(await once.LookAsync(), limit, store.Current.Agent.Logging.HasWarnings, backends, stop.Token);
        }
        await using var agent = AgentServices.BuildRunning(backends, store, nodeName);
        await agent.StartAsync();
        return await agent.UntilStoppedAsync(stop.Token) ? ExitCode.Success : ExitCode.Failed;
    }

    private static async Task<bool> ReadAsync(
        Backends backends, ConfigurationStore store, TimeSpan? onceWithin, BindAddress? probe, CancellationToken cancellationToken)
    {
        var waiting = await WaitingProbe.StartAsync(onceWithin is null ? probe : null, backends.Error);
        try
        {
            return await FirstConfiguration.ReadAsync(backends, store, onceWithin, cancellationToken);
        }
        finally
        {
            if (waiting is not null)
            {
                await waiting.DisposeAsync();
            }
        }
    }
}
