using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;
using NetAgent.Traffic;
using static NetAgent.EndToEnd.Tests.Network.ClusterNetwork;

namespace NetAgent.EndToEnd.Tests.Services;

/// <summary>The agent dies, comes back, and is taken off the node.</summary>
public sealed class RestartTests : IDisposable
{
    private const string Plugins = """
        - name: ipvs
          config: { clusterCIDR: "10.244.0.0/16,fd00:10:244::/56" }
        - name: conntrack-tuner
          config: { conntrack: { tcpCloseWaitTimeout: 30m0s } }
        - name: metallb-arp
          config: { mode: all }
        - name: masq-agent
        """;

    private readonly ClusterNetwork? _network = new KernelFactAttribute().Skip is null ? new ClusterNetwork() : null;
    private NodeAgent? _agent;

    private ClusterNetwork Net => _network!;

    public void Dispose()
    {
        _agent?.Dispose();
        _network?.Dispose();
    }

    [KernelFact]
    public void A_killed_agent_leaves_the_kernel_serving_and_its_successor_changes_nothing()
    {
        var agent = Start();
        using var open = Net.Outside.Connect("10.96.7.1");
        Client.ReadLine(open);
        var before = KernelText.Of(Net.Node1);

        agent.Kill();
        Assert.Equal("while it is away", Client.Echo(open, "while it is away"));
        Assert.Equal(["pod-a", "pod-b"], Net.Outside.Names(2, "10.96.7.1").Order());
        agent.Start();
        agent.Eventually(() => agent.Running.Log.Contains(" is in after ", StringComparison.Ordinal), "first sync");

        Assert.Contains(", 0 added, 0 replaced, 0 removed, 0 refused", agent.Running.Log, StringComparison.Ordinal);
        Assert.Equal(before, KernelText.Of(Net.Node1));
        Assert.Equal("when it is back", Client.Echo(open, "when it is back"));
    }

    [KernelFact]
    public void What_changed_while_the_agent_was_away_is_followed_and_connections_to_the_rest_go_on()
    {
        var agent = Start();
        using var open = Net.Outside.Connect("10.96.7.1");
        Client.ReadLine(open);
        agent.Kill();
        agent.Manifests.Delete("two");
        agent.Manifests.Service("three", "10.96.7.3", Manifests.Port(), [Manifests.Ready(PodC, "node-2")]);
        agent.Start();
        Programmed("-A -t 10.96.7.3:80", there: true);
        Programmed("-A -t 10.96.7.2:80", there: false);
        Assert.Equal("still here", Client.Echo(open, "still here"));
        Assert.Equal("pod-c", Net.Outside.Names(1, "10.96.7.3")[0]);
        Assert.DoesNotContain("10.96.7.2", Net.Node1.Script("ipset save; ip addr show dev kube-ipvs0"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void Cleanup_leaves_the_node_as_it_was_and_foreign_state_alone()
    {
        Net.Node1.Script("""
            ipvsadm -A -t 192.0.2.11:5000 -s wlc && ipvsadm -a -t 192.0.2.11:5000 -r 10.244.1.10:8080 -m -w 3
            ipset create OTHERS hash:ip && ipset add OTHERS 192.0.2.77
            iptables -t nat -N OTHERS && iptables -t nat -A POSTROUTING -m set --match-set OTHERS src -j OTHERS
            iptables -A FORWARD -s 198.51.100.99 -j DROP
            ip6tables -A INPUT -s fd00::99 -j DROP
            ipvsadm --set 0 0 200
            """);
        // Reading tables makes them; the modules' sysctls come with the first of them.
        var (kernel, sysctls, timeouts) = (KernelText.Of(Net.Node1), Sysctls.Of(Net.Node1), Timeouts());
        var agent = Start();
        Assert.NotEqual(sysctls, Sysctls.Of(Net.Node1));
        agent.Stop();
        agent.Command("cleanup", "--config", agent.Configuration);
        Assert.Equal(kernel, KernelText.Of(Net.Node1));
        Assert.Equal("", Sysctls.Between(sysctls, Sysctls.Of(Net.Node1)));
        Assert.Equal(timeouts, Timeouts());
    }

    private string Timeouts() => Net.Node1.Script("ipvsadm -l --timeout");

    private NodeAgent Start()
    {
        _agent = new NodeAgent(Net, Plugins);
        _agent.Manifests.Service("one", "10.96.7.1", Manifests.Port(), [Manifests.Ready(PodA), Manifests.Ready(PodB)]);
        _agent.Manifests.Service("two", "10.96.7.2", Manifests.Port(30702) + ", type: NodePort", [Manifests.Ready(PodB)]);
        _agent.Manifests.Service("six", "fd00:10:96::7", Manifests.Port(), [Manifests.Ready(PodA6)]);
        _agent.Start();
        _agent.Eventually(() => _agent.Running.Log.Contains(" is in after ", StringComparison.Ordinal), "first sync");
        Programmed("-a -t 10.96.7.1:80 -r 10.244.1.11:8080", there: true);
        return _agent;
    }

    private void Programmed(string line, bool there) => _agent!.Eventually(
        () => Net.Node1.Script("ipvsadm -Sn").Contains(line, StringComparison.Ordinal) == there, $"{line} {(there ? "there" : "gone")}");
}
