using System.CommandLine;
using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Dataplane.Arp;
using NetAgent.Dataplane.Netlink;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.Status;

namespace NetAgent.Host.Commands;

/// <summary>
/// <c>netagent check arp</c>: asks the links who has the service addresses. Two answers for one address are two nodes that think they
/// have it, which is what strictARP prevents. Needs CAP_NET_RAW, which the agent itself does not have.
/// </summary>
internal static class CheckArpCommand
{
    public static Command Create(Backends backends, CommonOptions common)
    {
        var vips = new Option<string[]>("--vip")
        { Description = "Address to ask for; may be repeated. Without: the external addresses of all Services.", HelpName = "IP" };
        var links = new Option<string[]>("--link")
        {
            Description = "Link to ask on; may be repeated. Without: every link that is up, speaks ARP, has an IPv4 address, and is"
            + " neither a pod's nor a port of a bridge or bond.",
            HelpName = "NAME"
        };
        vips.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !InetAddress.TryParse(token.Value, out var address)
                || address.Family != IpFamily.IPv4 || address.IsUnspecified || address.IsMulticast || address.IsLoopback
                || token.Value == "255.255.255.255"))
            {
                result.AddError($"--vip: '{token.Value}' is not an IPv4 address that a node can answer for");
            }
        });
        var command = new Command("arp",
            "Ask the network who answers ARP for service addresses, and name who should not. Needs CAP_NET_RAW.")
        {
            vips, links, common.Config, common.Manifests, common.Kubeconfig, common.NodeName, common.Output,
        };
        common.RefuseTwoSources(command);
        command.SetAction(async (line, cancellationToken) =>
        {
            var named = (line.GetValue(vips) ?? []).Select(vip => InetAddress.Parse(vip)).ToList();
            if (StatusCommands.Read(line.GetValue(common.Config), backends) is not { } read)
            {
                return ExitCode.ConfigurationInvalid;
            }
            var agent = common.Overrides(line)(read);
            var addresses = named.Count > 0
                ? named : [.. ExternalAddresses(
                await ClusterLook.ReadAsync(backends, agent, common.Node(line), MetadataWish.None, cancellationToken))];
            var on = line.GetValue(links) is { Length: > 0 } chosen ? chosen : [.. ArpLinks.Uplinks()];
            if (addresses.Count == 0 || on.Length == 0)
            {
                await backends.Error.WriteLineAsync(addresses.Count == 0
                    ? "no Service has an external IPv4 address; name one with --vip" : "no link to ask on; name one with --link");
                return ExitCode.Failed;
            }
            var answerers = ArpAnswerers.OfThisNode(await NodesAsync(backends, agent, cancellationToken));
            if (Ask(backends, answerers, addresses, on, cancellationToken) is not { } verdicts)
            {
                return ExitCode.Failed;
            }
            Write(verdicts, line.GetValue(common.Output) == "json", backends.Output);
            return ExitCodeOf(verdicts, named);
        });
        return command;
    }

    /// <summary>Who was named is expected to be there; of a Service's address another segment may be the place.</summary>
    internal static int ExitCodeOf(IReadOnlyList<ArpVerdict> verdicts, IReadOnlyList<InetAddress> named) =>
        verdicts.Any(verdict => verdict.IsConflict)
            || named.Any(vip => verdicts.All(verdict => verdict.Address != vip || verdict.Answerers.Count == 0))
            ? ExitCode.Differences
            : ExitCode.Success;

    // Without them the answer is the same, with MACs for names.
    private static async Task<IReadOnlyList<Node>> NodesAsync(Backends backends, AgentConfiguration agent,
        CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            return await backends.ReadNodes(agent.Cluster, limit.Token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            await backends.Error.WriteLineAsync($"Nodes are not named, because they could not be read: {e.Message}");
            return [];
        }
    }

    private static IEnumerable<InetAddress> ExternalAddresses(ClusterState cluster) => cluster.Services.Values
        .SelectMany(service => service.Service.LoadBalancerIngress.Where(ingress => !ingress.IsProxy).Select(ingress => ingress.Address)
            .Concat(service.Service.ExternalIPs))
        .Where(address => address.Family == IpFamily.IPv4).Distinct().Order();

    private static List<ArpVerdict>? Ask(Backends backends, ArpAnswerers answerers, List<InetAddress> addresses, string[] links,
        CancellationToken cancellationToken)
    {
        var verdicts = new List<ArpVerdict>();
        var probe = new ArpProbe(backends.Time);
        foreach (var link in links)
        {
            try
            {
                var nodes = answerers.NodesOn(ArpLinks.AddressesOf(link));
                var answers = probe.Ask(link, [.. addresses, .. nodes], TimeSpan.FromSeconds(2), cancellationToken);
                foreach (var answer in answers)
                {
                    answerers.Learn(answer, link);
                }
                verdicts.AddRange(answers.Where(answer => addresses.Contains(answer.Address))
                    .Select(answer => new ArpVerdict(answer.Address, link, answerers.Of(answer, link))));
            }
            catch (KernelException refused)
            {
                backends.Error.WriteLine($"{link}: {refused.Message}");
                return null;
            }
        }
        return verdicts;
    }

    internal static void Write(IReadOnlyList<ArpVerdict> verdicts, bool asJson, TextWriter output)
    {
        if (asJson)
        {
            output.WriteLine(JsonBody.Text(json => ArpVerdictJson.Write(json, verdicts)));
            return;
        }
        var table = new TextTable("ADDRESS", "LINK", "ANSWERED BY", "VERDICT");
        foreach (var verdict in verdicts)
        {
            table.Add(verdict.Address.ToString(), verdict.Link,
                verdict.Answerers.Count == 0 ? "nobody" : string.Join(", ", verdict.Answerers), verdict.Text);
        }
        table.WriteTo(output);
    }
}
