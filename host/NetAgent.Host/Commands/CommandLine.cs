using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using NetAgent.Host.Composition;
using NetAgent.Host.Status;

namespace NetAgent.Host.Commands;

/// <summary>The whole command line.</summary>
internal static class CommandLine
{
    public static async Task<int> InvokeAsync(string[] arguments, Backends backends)
    {
        backends = backends with { Error = new LineWriter(backends.Error) };
        var common = new CommonOptions();
        var root = new RootCommand("A Kubernetes node network agent: IPVS service proxy, masquerading, connection tracking and ARP as plugins.\n"
            + "Exit codes: 0 success, 1 failed, 2 differences (plan, check), 3 configuration invalid, 4 another agent on this node, 5 no agent answers, 64 usage.")
        {
            RunCommand.Create(backends, common),
            PlanCommand.Create(backends, common),
            StatusCommands.CreateStatus(backends, common),
            StatusCommands.CreatePlugins(backends, common),
            CleanupCommand.Create(backends, common),
            ExplainCommand.Create(backends, common),
            CheckCommand.Create(backends, common),
            CreateVersion(backends),
            PluginHostCommand.Create(),
        };
        root.Add(HelpCommand.Create(backends, root));
        var line = root.Parse(arguments);
        try
        {
            return await InvokeAsync(line, isNothing: arguments.Length == 0, backends);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            await backends.Error.WriteLineAsync(failure.Message);
            return ExitCode.Failed;
        }
        catch (Exception unforeseen)
        {
            await backends.Error.WriteLineAsync($"an error of the agent's own: {unforeseen}");
            return ExitCode.Failed;
        }
    }

    private static async Task<int> InvokeAsync(ParseResult line, bool isNothing, Backends backends)
    {
        // Commands that wait take signals by AgentSignals: a second of grace and a kill would cut a sync in half.
        // What is said of a line that makes no sense, help included, is no answer.
        var isUsable = line.Errors.Count == 0;
        if (line.Action is ParseErrorAction mistake)
        {
            // The one line that says what is wrong must not scroll away.
            mistake.ShowHelp = isNothing;
        }
        var code = await line.InvokeAsync(new()
        {
            ProcessTerminationTimeout = null,
            EnableDefaultExceptionHandler = false,
            Output = isUsable ? backends.Output : backends.Error,
            Error = backends.Error,
        });
        if (isUsable)
        {
            return code;
        }
        if (!isNothing)
        {
            await backends.Error.WriteLineAsync($"see netagent help{PathOf(line.CommandResult)}");
        }
        return ExitCode.Usage;
    }

    private static string PathOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : "";

    private static Command CreateVersion(Backends backends)
    {
        var command = new Command("version", "Print the version of the agent and of its plugin contract.");
        command.SetAction(_ =>
        {
            backends.Output.WriteLine($"netagent {AgentVersion.Text}, contract {Contracts.ContractVersion.Major}.{Contracts.ContractVersion.Minor}");
            return ExitCode.Success;
        });
        return command;
    }
}
