using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Network;

/// <summary>
/// Two nodes and a client on one LAN, two pods on the first node, one on the second; IPv4 and IPv6. The agent runs on the first node,
/// the second only routes to its pod.
/// </summary>
internal sealed class ClusterNetwork : IDisposable
{
    internal const string NodeAddress = "192.0.2.11", NodeAddress6 = "fd00:192:2::11";
    internal const string OutsideAddress = "192.0.2.100", OtherOutsideAddress = "198.51.100.10", OutsideAddress6 = "fd00:192:2::100";
    internal const string PodA = "10.244.1.10", PodB = "10.244.1.11", PodC = "10.244.2.10";
    internal const string PodA6 = "fd00:10:244:1::10", PodB6 = "fd00:10:244:1::11", PodC6 = "fd00:10:244:2::10";

    private readonly List<NetworkHost> _hosts = [];

    internal ClusterNetwork()
    {
        Lan = Add("lan");
        Lan.Ip("link add br0 type bridge");
        Lan.Ip("link set br0 up");
        Node1 = Machine("node-1", NodeAddress, NodeAddress6);
        Node2 = Machine("node-2", "192.0.2.12", "fd00:192:2::12");
        Outside = Machine("outside", OutsideAddress, OutsideAddress6);
        Outside.Ip($"addr add {OtherOutsideAddress}/32 dev eth0");
        A = Pod("pod-a", Node1, PodA, PodA6);
        B = Pod("pod-b", Node1, PodB, PodB6);
        C = Pod("pod-c", Node2, PodC, PodC6);
        foreach (var (to, via, via6) in new[] { ("1", NodeAddress, NodeAddress6), ("2", "192.0.2.12", "fd00:192:2::12") })
        {
            foreach (var host in new[] { to == "1" ? Node2 : Node1, Outside })
            {
                host.Ip($"route add 10.244.{to}.0/24 via {via}");
                host.Ip($"-6 route add fd00:10:244:{to}::/64 via {via6}");
            }
        }
        foreach (var host in new[] { Node1, Node2 })
        {
            host.Ip($"route add {OtherOutsideAddress}/32 via {OutsideAddress}");
        }
        // Service addresses are reached through the first node, as a load balancer or a route on the LAN would have it.
        foreach (var range in new[] { "10.96.0.0/16", "203.0.113.0/24" })
        {
            Outside.Ip($"route add {range} via {NodeAddress}");
        }
        Outside.Ip($"-6 route add fd00:10:96::/64 via {NodeAddress6}");
        Outside.Ip($"-6 route add 2001:db8:113::/64 via {NodeAddress6}");
        foreach (var pod in new[] { A, B, C })
        {
            pod.Serve();
        }
    }

    /// <summary>Masquerading takes an address of the interface that leads to the pod: the LAN's for the other node, the pod network's here.</summary>
    internal static bool IsFirstNode(string address) => address is NodeAddress or NodeAddress6 or "10.244.1.1";

    internal NetworkHost Lan { get; }

    internal NetworkHost Node1 { get; }

    internal NetworkHost Node2 { get; }

    internal NetworkHost Outside { get; }

    internal NetworkHost A { get; }

    internal NetworkHost B { get; }

    internal NetworkHost C { get; }

    /// <summary>What the first node had of IPv6 before it was switched off there: the kernel takes addresses and routes along.</summary>
    internal void RestoreIPv6()
    {
        Node1.Script($"""
            ip -6 addr replace {NodeAddress6}/64 dev eth0 nodad
            for pod in "pod-a {PodA6}" "pod-b {PodB6}"; do
                set -- $pod
                ip -6 addr replace fe80::1/64 dev $1 nodad
                ip -6 route replace $2/128 dev $1
            done
            ip -6 route replace fd00:10:244:2::/64 via fd00:192:2::12
            echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
            """);
    }

    public void Dispose() => _hosts.ForEach(host => host.Dispose());

    private NetworkHost Add(string name)
    {
        var host = new NetworkHost(name);
        _hosts.Add(host);
        return host;
    }

    private NetworkHost Machine(string name, string address, string address6)
    {
        var host = Add(name);
        Shell.Run("ip", "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", name, "netns", Lan.Name);
        Lan.Ip($"link set {name} master br0 up");
        host.Ip("link set eth0 up");
        host.Ip($"addr add {address}/24 dev eth0");
        host.Ip($"-6 addr add {address6}/64 dev eth0 nodad");
        // A node forwards IPv6 because its CNI says so; ip_forward the agent sets itself, but the second node has no agent.
        host.Script("echo 1 > /proc/sys/net/ipv6/conf/all/forwarding");
        if (name == "node-2")
        {
            host.Script("echo 1 > /proc/sys/net/ipv4/ip_forward");
        }
        return host;
    }

    private NetworkHost Pod(string name, NetworkHost node, string address, string address6)
    {
        var pod = Add(name);
        // Point to point, as most CNIs do it: pods of one node must not answer each other past the node, which undoes the translation.
        const string Gateway6 = "fe80::1";
        var gateway = address[..(address.LastIndexOf('.') + 1)] + "1";
        Shell.Run("ip", "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", name, "netns", node.Name);
        node.Ip($"addr add {gateway}/32 dev {name}");
        node.Ip($"-6 addr add {Gateway6}/64 dev {name} nodad");
        node.Ip($"link set {name} up");
        node.Ip($"route add {address}/32 dev {name} src {NodeAddressOf(node)}");
        node.Ip($"-6 route add {address6}/128 dev {name}");
        pod.Ip("link set eth0 up");
        pod.Ip($"addr add {address}/32 dev eth0");
        pod.Ip($"-6 addr add {address6}/128 dev eth0 nodad");
        pod.Ip($"route add {gateway}/32 dev eth0 scope link");
        pod.Ip($"route add default via {gateway}");
        pod.Ip($"-6 route add default via {Gateway6} dev eth0");
        return pod;
    }

    private static string NodeAddressOf(NetworkHost node) => node.Name == "node-1" ? NodeAddress : "192.0.2.12";
}
