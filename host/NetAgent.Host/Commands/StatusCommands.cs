using System.CommandLine;
using System.Text.Json;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.Plugins.DropIn;
using NetAgent.Host.Serving;
using NetAgent.Host.Status;

namespace NetAgent.Host.Commands;

/// <summary><c>netagent status</c> and <c>netagent plugins</c>: what the running agent says of itself.</summary>
internal static class StatusCommands
{
    public static Command CreateStatus(Backends backends, CommonOptions common)
    {
        var command = new Command("status",
            "Ask the agent on this node how it is. Exit code 0: well; 1: degraded; 5: no agent answers.") { common.Config, common.Output };
        command.SetAction(async (line, cancellationToken) =>
        {
            if (Read(line.GetValue(common.Config), backends) is not { } agent)
            {
                return ExitCode.ConfigurationInvalid;
            }
            var body = await StatusClient.StatusAsync(agent.StateDirectory, cancellationToken);
            if (body is null)
            {
                await backends.Error.WriteLineAsync($"no agent answers at {StatusClient.SocketPath(agent.StateDirectory)}");
                return ExitCode.NotRunning;
            }
            using var status = JsonDocument.Parse(body);
            if (line.GetValue(common.Output) == "json")
            {
                await backends.Output.WriteLineAsync(JsonBody.Text(status.WriteTo));
            }
            else
            {
                StatusText.Write(status.RootElement, backends.Output);
            }
            return status.RootElement.GetProperty("degraded").GetBoolean() ? ExitCode.Failed : ExitCode.Success;
        });
        return command;
    }

    public static Command CreatePlugins(Backends backends, CommonOptions common)
    {
        var command = new Command("plugins",
            "List plugins: of the running agent, else those that lie in the plugin directory. Exit code 1: one is refused or does not run.")
            { common.Config, common.Output };
        command.SetAction(async (line, cancellationToken) =>
        {
            if (Read(line.GetValue(common.Config), backends) is not { } agent)
            {
                return ExitCode.ConfigurationInvalid;
            }
            var body = await StatusClient.StatusAsync(agent.StateDirectory, cancellationToken)
                ?? JsonBody.Text(json => StatusJson.Write(json, new() { Plugins = OnDisk(agent) }, backends.Time.GetUtcNow()));
            using var status = JsonDocument.Parse(body);
            var plugins = status.RootElement.GetProperty("plugins");
            if (line.GetValue(common.Output) == "json")
            {
                await backends.Output.WriteLineAsync(JsonBody.Text(plugins.WriteTo));
            }
            else
            {
                StatusText.WritePlugins(plugins, backends.Output, withClaims: true);
            }
            return plugins.EnumerateArray().Any(plugin => plugin.GetProperty("failing").GetBoolean()) ? ExitCode.Failed : ExitCode.Success;
        });
        return command;
    }

    private static IReadOnlyList<PluginStatus> OnDisk(AgentConfiguration agent)
    {
        using var scratch = new ScratchState(agent.StateDirectory);
        IEnumerable<string> dropIns = agent.DropIn is { } dropIn ? new DropInStage(dropIn, scratch.Directory).Names : [];
        return [.. PluginCatalog.Names(agent.PluginDirectory).Union(dropIns).Select(name => Describe(name,
            PluginLookup.Find(agent, scratch.Directory, name), PluginStatus.IgnoredText(PluginLookup.Shadowed(agent, name))))];
    }

    private static PluginStatus Describe(string name, PluginSearchResult found, string? ignored) => found switch
    {
        { Image: { } image } => new PluginStatus
        {
            Name = name,
            State = PluginState.Off,
            Gate = "no agent is running",
            Version = image.Version,
            Contract = $"{image.ContractMajor}.{image.ContractMinor}",
            Digest = image.Digest,
            Reason = ignored is null ? null : nameof(AgentReason.DropInIgnored),
            LastError = ignored,
        },
        _ => new PluginStatus
        {
            Name = name,
            State = PluginState.Refused,
            Gate = "no agent is running",
            Reason = found.Refusal!.Reason,
            LastError = $"{found.Refusal.Message}; {found.Refusal.Fix}",
        },
    };

    /// <summary>Null, with the reason on standard error, when the configuration is not valid.</summary>
    public static AgentConfiguration? Read(string? path, Backends backends)
    {
        var store = new ConfigurationStore(path, backends.ReadFile, agent => agent);
        store.Reload();
        foreach (var problem in store.Problems.Where(problem => problem.IsError))
        {
            backends.Error.WriteLine(problem);
        }
        return store.Current?.Agent;
    }
}
