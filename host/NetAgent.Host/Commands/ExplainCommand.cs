using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.Logging;
using NetAgent.Host.Plugins.DropIn;
using NetAgent.Host.Plugins.Supervision;
using NetAgent.Host.Status;

namespace NetAgent.Host.Commands;

/// <summary><c>netagent explain TOPIC --from --to</c>: asks the plugin that knows the topic, without touching the kernel.</summary>
internal static class ExplainCommand
{
    public static Command Create(Backends backends, CommonOptions common)
    {
        var topic = new Argument<string>("topic") { Description = "What to explain: masquerade." };
        var from = new Option<string>("--from") { Description = "Source address, such as a pod's.", Required = true, HelpName = "IP" };
        var to = new Option<string>("--to") { Description = "Destination address.", Required = true, HelpName = "IP" };
        var protocol = new Option<string>("--protocol") { Description = "Of which protocol: tcp, udp or sctp. Any unless named.", HelpName = "PROTOCOL" };
        protocol.AcceptOnlyFromAmong("tcp", "udp", "sctp");
        var port = new Option<ushort>("--port") { Description = "Destination port; needs --protocol.", HelpName = "PORT", CustomParser = ReadPort };
        var sourcePort = new Option<ushort>("--source-port") { Description = "Source port; needs --protocol.", HelpName = "PORT", CustomParser = ReadPort };
        foreach (var option in (Option<string>[])[from, to])
        {
            option.Validators.Add(result =>
            {
                if (result.Tokens.Count == 1 && !InetAddress.TryParse(result.Tokens[0].Value, out _))
                {
                    result.AddError($"{option.Name}: '{result.Tokens[0].Value}' is not an IP address");
                }
            });
        }
        var command = new Command("explain", "Say which rule decides about a packet and what becomes of it.")
        {
            topic, from, to, protocol, port, sourcePort, common.Config, common.Manifests, common.Kubeconfig, common.NodeName, common.Output,
        };
        common.RefuseTwoSources(command);
        command.Validators.Add(result =>
        {
            if (InetAddress.TryParse(result.GetValue(from) ?? "", out var source) && InetAddress.TryParse(result.GetValue(to) ?? "", out var destination)
                && source.Family != destination.Family)
            {
                result.AddError($"--from and --to: {source} and {destination} are of two families; no packet has both");
            }
            foreach (var option in (Option<ushort>[])[port, sourcePort])
            {
                if (result.GetResult(option) is { Implicit: false } && result.GetResult(protocol) is null or { Implicit: true })
                {
                    result.AddError($"{option.Name} needs --protocol: a port is one of TCP, UDP or SCTP");
                }
            }
        });
        command.SetAction(async (line, cancellationToken) =>
        {
            var store = new ConfigurationStore(line.GetValue(common.Config), backends.ReadFile, common.Overrides(line));
            if (!store.Reload())
            {
                foreach (var problem in store.Problems)
                {
                    await backends.Error.WriteLineAsync(problem.ToString());
                }
                return ExitCode.ConfigurationInvalid;
            }
            var packet = new Packet
            {
                Source = InetAddress.Parse(line.GetRequiredValue(from)),
                Destination = InetAddress.Parse(line.GetRequiredValue(to)),
                Protocol = line.GetValue(protocol) switch
                {
                    "tcp" => IpProtocol.Tcp,
                    "udp" => IpProtocol.Udp,
                    "sctp" => IpProtocol.Sctp,
                    _ => IpProtocol.None,
                },
                SourcePort = line.GetValue(sourcePort),
                DestinationPort = line.GetValue(port),
            };
            var question = new Question(line.GetRequiredValue(topic), packet) { AsJson = line.GetValue(common.Output) == "json" };
            return await AnswerAsync(backends, store.Current!, common.Node(line), question, cancellationToken);
        });
        return command;
    }

    private static ushort ReadPort(ArgumentResult result)
    {
        if (ushort.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0)
        {
            return port;
        }
        result.AddError($"{((OptionResult)result.Parent!).Option.Name}: '{result.Tokens[0].Value}' is not a port, 1 to 65535");
        return 0;
    }

    private static async Task<int> AnswerAsync(Backends backends, AgentSetup setup, string nodeName, Question question, CancellationToken cancellationToken)
    {
        using var logging = new AgentLogging(setup.Agent.Logging);
        using var scratch = new ScratchState(setup.Agent.StateDirectory);
        using var dataplane = backends.OpenDataplane(new() { StateDirectory = scratch.Directory, FileSystemRoot = setup.Agent.FileSystemRoot, Time = backends.Time });
        var settings = new SupervisorSettings(dataplane, backends.Time, setup.Agent.PluginDeadline, nodeName, logging.Log, () => { })
        {
            LastGood = new(scratch.Directory),
        };
        ClusterState? cluster = null;
        foreach (var entry in setup.Agent.Plugins)
        {
            if (PluginLookup.Find(setup.Agent, scratch.Directory, entry.Name).Image is not { } image)
            {
                continue;
            }
            await using var plugin = await PluginSupervisor.StartAsync(
                image, setup.Plugins[entry.Name].Configuration, isObserveOnly: true, entry.Isolation, settings);
            if (plugin.Topic != question.Topic)
            {
                continue;
            }
            // Most answers do not depend on the cluster; one that cannot be read is no reason to give none.
            cluster ??= await ClusterLook.ReadAsync(backends, setup.Agent, nodeName, MetadataWish.Of([plugin.Accepted.Observations]), cancellationToken);
            var facts = dataplane.Observe(plugin.Accepted.Observations) with { Route = FindRoute(dataplane, question) };
            await plugin.RehearseAsync(cluster, facts);
            if (await plugin.ExplainAsync(question.Topic, question.Packet, cluster, facts) is { } explanation)
            {
                Write(question, explanation, backends.Output);
                return ExitCode.Success;
            }
        }
        await backends.Error.WriteLineAsync($"no configured plugin explains '{question.Topic}'; `masquerade` is plugin masq-agent's");
        return ExitCode.Failed;
    }

    private static RouteFacts? FindRoute(IDataplane dataplane, Question question) =>
        dataplane.FindRoute(question.Packet.Source, question.Packet.Destination);

    private static void Write(Question question, Explanation explanation, TextWriter output)
    {
        if (question.AsJson)
        {
            output.WriteLine(JsonBody.Text(json =>
            {
                json.WriteStartObject();
                json.WriteString("topic", question.Topic);
                json.WriteString("from", question.Packet.Source.ToString());
                json.WriteString("to", question.Packet.Destination.ToString());
                json.WriteString("verdict", explanation.Verdict);
                json.WriteString("rule", explanation.Rule);
                json.WriteStartArray("details");
                foreach (var detail in explanation.Details)
                {
                    json.WriteStringValue(detail);
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }));
            return;
        }
        output.WriteLine(explanation.Verdict);
        if (explanation.Rule is not null)
        {
            output.WriteLine($"rule: {explanation.Rule}");
        }
        foreach (var detail in explanation.Details)
        {
            output.WriteLine($"  {detail}");
        }
    }

    private sealed record Question(string Topic, Packet Packet)
    {
        public bool AsJson { get; init; }
    }
}
