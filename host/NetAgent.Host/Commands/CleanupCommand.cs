using System.CommandLine;
using NetAgent.Dataplane;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.State;
using NetAgent.Host.Status;

namespace NetAgent.Host.Commands;

/// <summary><c>netagent cleanup</c>: takes out of the kernel what the agent owns, by the state file; needs no plugin.</summary>
internal static class CleanupCommand
{
    public static Command Create(Backends backends, CommonOptions common)
    {
        var kubeProxy = new Option<bool>("--kube-proxy") { Description = "Also remove what kube-proxy left in iptables, nftables and IPVS mode.", Arity = ArgumentArity.Zero };
        var plugin = new Option<string?>("--plugin") { Description = "Only what this plugin owns.", HelpName = "NAME" };
        var command = new Command("cleanup", "Remove everything that the agent owns from the kernel and put sysctls back. The agent must not be running.")
        {
            common.Config, kubeProxy, plugin,
        };
        command.SetAction(async (line, cancellationToken) =>
        {
            if (StatusCommands.Read(line.GetValue(common.Config), backends) is not { } agent)
            {
                return ExitCode.ConfigurationInvalid;
            }
            using var nodeLock = NodeLock.TryTake(agent.StateDirectory, out var holder);
            if (nodeLock is null)
            {
                backends.Error.WriteLine($"the agent (process {holder}) is running on this node: it holds {agent.StateDirectory}/lock; stop it first");
                return ExitCode.AlreadyRunning;
            }
            return await CleanAsync(backends, agent, new(line.GetValue(kubeProxy), line.GetValue(plugin)), cancellationToken);
        });
        return command;
    }

    // The kernel frees some objects late, and others hold a lock or a set for a moment.
    private const int Attempts = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private static async Task<int> CleanAsync(Backends backends, AgentConfiguration agent, CleanupOptions options, CancellationToken cancellationToken)
    {
        using var dataplane = backends.OpenDataplane(new() { StateDirectory = agent.StateDirectory, FileSystemRoot = agent.FileSystemRoot, Time = backends.Time });
        var isRecorded = File.Exists(Path.Combine(agent.StateDirectory, "state.json"));
        var report = dataplane.Cleanup(options, cancellationToken);
        var done = report.Removed + report.Replaced;
        for (var attempt = 1; attempt < Attempts && !report.IsComplete; attempt++)
        {
            await Task.Delay(Pause, backends.Time, cancellationToken);
            report = dataplane.Cleanup(options, cancellationToken);
            done += report.Removed + report.Replaced;
        }
        var ledger = new PluginLedger(agent.StateDirectory);
        var known = ledger.Active.Keys.Union(agent.Plugins.Select(entry => entry.Name)).Order(StringComparer.Ordinal).ToArray();
        if (options.Plugin is { } plugin && done == 0 && !known.Contains(plugin))
        {
            backends.Error.WriteLine($"--plugin {plugin}: no plugin of that name is configured or has written to this kernel; "
                + (known.Length == 0 ? "none is known here" : $"known are {string.Join(", ", known)}"));
            return ExitCode.Usage;
        }
        backends.Output.WriteLine($"{Counted.Of(done, "row")} removed or put back");
        if (!isRecorded && !options.KubeProxy)
        {
            backends.Error.WriteLine($"{agent.StateDirectory} records no agent that wrote to this kernel. Where the record was lost, "
                + "--kube-proxy removes everything that carries kube-proxy's names; sysctls stay as they are.");
        }
        foreach (var row in report.Failed)
        {
            backends.Error.WriteLine($"{row.Plugin}: {row.Table} {row.Key}: {row.Operation}: {row.Reason} (errno {row.Errno})");
        }
        foreach (var failure in report.ReadFailures)
        {
            backends.Error.WriteLine(failure);
        }
        var unreadable = dataplane.Status.Notices.Where(said => said.Plugin.Length == 0 && said.Notice.Reason == nameof(AgentReason.StateFile)).Select(said => said.Notice.Message).ToArray();
        foreach (var problem in unreadable)
        {
            backends.Error.WriteLine(problem);
        }
        if (!report.IsComplete || unreadable.Length > 0)
        {
            return ExitCode.Failed;
        }
        var lastGood = new LastGoodConfigurations(agent.StateDirectory);
        foreach (var name in ledger.Active.Keys.Where(name => options.Plugin is null || name == options.Plugin).ToArray())
        {
            ledger.Remove(name);
            lastGood.Forget(name);
        }
        return ExitCode.Success;
    }
}
