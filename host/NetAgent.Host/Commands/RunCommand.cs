using System.CommandLine;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
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
        if (onceWithin is { } limit)
        {
            await using var once = AgentServices.BuildSingleLook(backends, store, nodeName);
            return await OnceRun.RunAsync(await once.LookAsync(), limit, store.Current.Agent.Logging.HasWarnings, backends, cancellationToken);
        }
        await using var agent = AgentServices.BuildRunning(backends, store, nodeName);
        await agent.StartAsync();
        return await agent.UntilStoppedAsync(cancellationToken) ? ExitCode.Success : ExitCode.Failed;
    }
}
