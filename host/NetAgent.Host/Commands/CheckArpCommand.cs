using System.CommandLine;
using NetAgent.Contracts;
using NetAgent.Dataplane.Arp;
using NetAgent.Dataplane.Reconcile;

namespace NetAgent.Host.Commands;

/// <summary>
/// <c>netagent check arp</c>: asks the links who has the service addresses. Two answers for one address are two nodes that think they
/// have it, which is what strictARP prevents. Needs CAP_NET_RAW, which the agent itself does not have.
/// </summary>
internal static class CheckArpCommand
{
    public static Command Create(Backends backends, CommonOptions common)
    {
        var vips = new Option<string[]>("--vip") { Description = "Address to ask for; may be repeated. Without: the external addresses of all Services.", HelpName = "IP" };
        var links = new Option<string[]>("--link") { Description = "Link to ask on; may be repeated. Without: every link that is up, speaks ARP, has an IPv4 address, and is neither a pod's nor a port of a bridge or bond.", HelpName = "NAME" };
        vips.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !InetAddress.TryParse(token.Value, out var address)
                || address.Family != IpFamily.IPv4 || address.IsUnspecified || address.IsMulticast || address.IsLoopback || token.Value == "255.255.255.255"))
            {
                result.AddError($"--vip: '{token.Value}' is not an IPv4 address that a node can answer for");
            }
        });
        var command = new Command("arp", "Ask the network who answers ARP for service addresses, and name who should not. Needs CAP_NET_RAW.")
        {
            vips, links, common.Config, common.Manifests, common.Kubeconfig, common.NodeName,
        };
        command.SetAction(async (line, cancellationToken) =>
        {
            var addresses = (line.GetValue(vips) ?? []).Select(vip => InetAddress.Parse(vip)).ToList();
            if (addresses.Count == 0)
            {
                if (StatusCommands.Read(line.GetValue(common.Config), backends) is not { } agent)
                {
                    return ExitCode.ConfigurationInvalid;
                }
                var cluster = await ClusterLook.ReadAsync(backends, common.Overrides(line)(agent), common.Node(line), cancellationToken);
                addresses = [.. ExternalAddresses(cluster)];
            }
            var on = line.GetValue(links) is { Length: > 0 } named ? named : [.. ArpLinks.Uplinks()];
            return Ask(backends, addresses, on, cancellationToken);
        });
        return command;
    }

    private static IEnumerable<InetAddress> ExternalAddresses(ClusterState cluster) => cluster.Services.Values
        .SelectMany(service => service.Service.LoadBalancerIngress.Where(ingress => !ingress.IsProxy).Select(ingress => ingress.Address).Concat(service.Service.ExternalIPs))
        .Where(address => address.Family == IpFamily.IPv4).Distinct().Order();

    private static int Ask(Backends backends, List<InetAddress> addresses, string[] links, CancellationToken cancellationToken)
    {
        if (addresses.Count == 0 || links.Length == 0)
        {
            backends.Error.WriteLine(addresses.Count == 0 ? "no Service has an external IPv4 address; name one with --vip" : "no link to ask on; name one with --link");
            return ExitCode.Failed;
        }
        var table = new TextTable("ADDRESS", "LINK", "ANSWERED BY", "VERDICT");
        var hasConflict = false;
        var probe = new ArpProbe(backends.Time);
        var answerers = ArpAnswerers.OfThisNode();
        foreach (var link in links)
        {
            try
            {
                foreach (var answer in probe.Ask(link, addresses, TimeSpan.FromSeconds(2), cancellationToken))
                {
                    var names = answerers.Of(answer, link);
                    hasConflict |= names.Count > 1;
                    table.Add(answer.Address.ToString(), link, names.Count == 0 ? "nobody" : string.Join(", ", names), Verdict(names));
                }
            }
            catch (KernelException refused)
            {
                backends.Error.WriteLine($"{link}: {refused.Message}");
                return ExitCode.Failed;
            }
        }
        table.WriteTo(backends.Output);
        return hasConflict ? ExitCode.Differences : ExitCode.Success;
    }

    private static string Verdict(IReadOnlyList<string> names) => names.Count switch
    {
        0 => "nobody announces it here",
        1 => "ok",
        _ => "CONFLICT: only the announcer should answer; the others need strictARP (plugin metallb-arp)",
    };
}
