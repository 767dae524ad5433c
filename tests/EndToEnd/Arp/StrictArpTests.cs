using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;
using static NetAgent.EndToEnd.Tests.Network.ClusterNetwork;

namespace NetAgent.EndToEnd.Tests.Arp;

/// <summary>The way of an operator who brings kube-proxy's file: plugin ipvs alone, then metallb-arp beside it, then another node that announces.</summary>
public sealed class StrictArpTests
{
    private const string Vip = "192.0.2.200";
    private const string Ipvs = "- name: ipvs\n  configFile: config.conf", Both = Ipvs + "\n- name: metallb-arp\n  configFile: config.conf";

    [KernelFact]
    public void A_LoadBalancer_address_is_answered_by_every_node_until_strictARP_leaves_it_to_the_announcer()
    {
        using var net = new ClusterNetwork();
        var neighbour = new Neighbour(net.Outside);
        var (mac1, mac2) = (Neighbour.MacOf(net.Node1, "eth0"), Neighbour.MacOf(net.Node2, "eth0"));
        using var agent = new NodeAgent(net, Ipvs);
        agent.WriteFile("config.conf", KubeProxy(isStrict: false));
        agent.Manifests.Service("lb", "10.96.0.7", "type: LoadBalancer, " + Manifests.Port(30080), [Manifests.Ready(PodA)], status: $"{{ ip: {Vip} }}");
        agent.Start();
        agent.Eventually(() => net.Node1.Script("ip -o addr").Contains(Vip, StringComparison.Ordinal), "the address is on kube-ipvs0");
        Assert.Equal([mac1], neighbour.Ask(Vip));

        // A speaker on the other node announces it: two answers are the conflict.
        net.Node2.Ip("link add kube-ipvs0 type dummy");
        net.Node2.Ip($"addr add {Vip}/32 dev kube-ipvs0");
        Assert.Equal(2, neighbour.Ask(Vip).Length);
        var (code, table) = Check(net.Outside);
        Assert.Equal(2, code);
        Assert.Contains("CONFLICT", table, StringComparison.Ordinal);
        Assert.Contains(mac1, table, StringComparison.Ordinal);
        Assert.Contains(mac2, table, StringComparison.Ordinal);

        // Plugin and value in one go; the file says it for both plugins.
        agent.WriteFile("config.conf", KubeProxy(isStrict: true));
        agent.Configure(Both);
        agent.Eventually(() => Setting(net, "all", "arp_ignore") == "1" && Setting(net, "all", "arp_announce") == "2", "conf/all is strict");
        Assert.Equal([mac2], neighbour.Ask(Vip));
        Assert.Equal([mac1], neighbour.Ask(NodeAddress));
        (code, table) = Check(net.Outside);
        Assert.Equal(0, code);
        Assert.Contains(mac2, table, StringComparison.Ordinal);
        Assert.DoesNotContain(mac1, table, StringComparison.Ordinal);

        // strictARP: false is off again, and what was before comes back.
        agent.WriteFile("config.conf", KubeProxy(isStrict: false));
        agent.Eventually(() => Setting(net, "all", "arp_ignore") == "0" && Setting(net, "all", "arp_announce") == "0", "conf/all is as before");
        Assert.Equal(2, neighbour.Ask(Vip).Length);
    }

    private static (int Code, string Table) Check(NetworkHost host) => host.Do(() =>
    {
        var (code, output, error) = Agent.Run("check", "arp", "--vip", Vip, "--link", "eth0");
        return (code, output + error);
    });

    internal static string Setting(ClusterNetwork net, string link, string name) => net.Node1.Script($"cat /proc/sys/net/ipv4/conf/{link}/{name}").Trim();

    private static string KubeProxy(bool isStrict) => $"""
        apiVersion: kubeproxy.config.k8s.io/v1alpha1
        kind: KubeProxyConfiguration
        mode: ipvs
        clusterCIDR: 10.244.0.0/16
        ipvs:
          strictARP: {(isStrict ? "true" : "false")}
        """;
}
