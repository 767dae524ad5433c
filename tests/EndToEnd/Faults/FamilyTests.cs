using System.Text.Json;
using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Faults;

/// <summary>IPv6 that is switched off, wholly or on one link, before or while the agent runs; IPv4 goes on throughout.</summary>
public sealed class FamilyTests
{
    private const string Plugins = """
        - {name: ipvs, config: {clusterCIDR: "10.244.0.0/16,fd00:10:244::/56"}}
        - {name: masq-agent, configFile: absent, args: [--enable-ipv6=true]}
        """;

    [KernelFact]
    public void Switched_off_everywhere_it_is_left_out_with_one_notice_and_IPv4_is_served()
    {
        using var network = new ClusterNetwork();
        using var agent = Agent(network);
        Switch(network, "all", off: true);

        var (code, output, error) = network.Node1.Do(() => TestKit.Agent.Run(
            "run", "--once", "--within", "5m", "--config", agent.Configuration, "--manifests", agent.Manifests.Folder, "--node-name", "node-1"));

        Assert.True(code == 0, $"exit {code}\n{output}{error}");
        Assert.Single((output + error).Split('\n'), line => line.Contains("FamilyOff", StringComparison.Ordinal));
        Assert.DoesNotContain("RowRefused", output + error, StringComparison.Ordinal);
        Assert.Empty(LeftOfIPv6(network));
        Assert.StartsWith("pod-a ", network.Outside.Tcp("10.96.7.1"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void While_the_agent_runs_it_goes_in_when_it_is_switched_on_and_leaves_the_node_clean_when_it_is_switched_off()
    {
        using var network = new ClusterNetwork();
        using var agent = Agent(network);
        Switch(network, "default", off: true);
        agent.Start();

        // kube-ipvs0 inherits the switch; who has set it may not know.
        agent.Eventually(() => Messages(agent).Any(text => text.Contains("sysctl -w net.ipv6.conf.kube-ipvs0.disable_ipv6=0", StringComparison.Ordinal)), "the fix");
        Assert.StartsWith("pod-a ", network.Outside.Tcp("10.96.7.1"), StringComparison.Ordinal);
        using var connection = network.Outside.Connect("10.96.7.1");
        Switch(network, "kube-ipvs0", off: false);
        agent.Eventually(() => IsServed(network), "IPv6 is served");
        Assert.Empty(Notices(agent));

        Switch(network, "kube-ipvs0", off: true);
        // masq-agent has no link of its own: its chain stays.
        agent.Eventually(() => LeftOfIPv6(network).All(line => line.Contains("MASQ-AGENT", StringComparison.Ordinal)), "nothing left of ipvs");
        IsWell(agent);
        Switch(network, "kube-ipvs0", off: false);
        agent.Eventually(() => IsServed(network), "IPv6 is served again");

        Switch(network, "all", off: true);
        agent.Eventually(() => LeftOfIPv6(network).Length == 0, "nothing left");
        IsWell(agent);
        Assert.StartsWith("pod-a ", network.Outside.Tcp("10.96.7.1"), StringComparison.Ordinal);
        Switch(network, "all", off: false);
        network.RestoreIPv6();
        agent.Eventually(() => IsServed(network), "IPv6 is served once more");

        Assert.Equal(4, connection.Send("more"u8));
        Assert.DoesNotContain("RowRefused", agent.Running.Log, StringComparison.Ordinal);
    }

    private static NodeAgent Agent(ClusterNetwork network)
    {
        var agent = new NodeAgent(network, Plugins);
        agent.Manifests.Service("web", "10.96.7.1", Manifests.Port(), [Manifests.Ready(ClusterNetwork.PodA)]);
        agent.Manifests.Service("web6", "fd00:10:96::7:1", Manifests.Port(), [Manifests.Ready(ClusterNetwork.PodA6)]);
        return agent;
    }

    private static void Switch(ClusterNetwork network, string link, bool off) =>
        network.Node1.Do(() =>
        {
            // The files of this thread's own network namespace.
            File.WriteAllText($"/proc/sys/net/ipv6/conf/{link}/disable_ipv6", off ? "1" : "0");
            return true;
        });

    private static bool IsServed(ClusterNetwork network) => network.Outside.Tcp("fd00:10:96::7:1").StartsWith("pod-a ", StringComparison.Ordinal);

    private static void IsWell(NodeAgent agent)
    {
        agent.Eventually(() => Notices(agent) is ["FamilyOff"], "one notice");
        Assert.False(Status(agent)!.Value.GetProperty("degraded").GetBoolean());
    }

    // As the usual tools show it: virtual servers, sets, chains and jumps.
    private static string[] LeftOfIPv6(ClusterNetwork network) =>
        [.. network.Node1.Script("ipvsadm -Sn | grep -F '['; ipset list -n | grep KUBE-6; ip6tables-save | grep -E 'KUBE|MASQ-AGENT'; ip -6 -o addr show dev kube-ipvs0; true")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static JsonElement? Status(NodeAgent agent) =>
        AgentSocket.Get(agent.StateDirectory, "/status") is { } body ? JsonDocument.Parse(body).RootElement : null;

    private static string[] Notices(NodeAgent agent) => Texts(agent, "reason");

    private static string[] Messages(NodeAgent agent) => Texts(agent, "message");

    private static string[] Texts(NodeAgent agent, string name) => Status(agent) is { } status
        ? [.. status.GetProperty("notices").EnumerateArray().Where(notice => notice.GetProperty("severity").GetString() != "information")
            .Select(notice => notice.GetProperty(name).GetString()!)]
        : [];
}
