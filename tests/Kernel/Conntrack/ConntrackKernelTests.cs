using System.Net;
using System.Net.Sockets;
using NetAgent.Contracts;
using NetAgent.Dataplane.Conntrack;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Sysctls;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Conntrack;

[Trait("Category", "Kernel")]
public sealed class ConntrackKernelTests
{
    [KernelTheory]
    [InlineData("192.0.2.10", "198.51.100.1", "10.244.0.5", "10.244.0.6")]
    [InlineData("2001:db8::10", "2001:db8:1::1", "fd00:244::5", "fd00:244::6")]
    public void Only_entries_to_the_server_that_answer_from_elsewhere_go(string vip, string client, string alive, string gone) => NetworkNamespace.Run(() =>
    {
        Insert("udp", client, 1001, vip, 53, alive, 5353);
        Insert("udp", client, 1002, vip, 53, gone, 5353);
        Insert("udp", client, 1003, vip, 53, alive, 9999);
        Insert("udp", client, 1004, vip, 53, vip, 53);
        Insert("udp", client, 1005, vip, 54, gone, 5353);
        Insert("tcp", client, 1006, vip, 53, gone, 5353);
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Netfilter);
        var report = new ConntrackPurge(connection).Purge(Server(IpProtocol.Udp, vip, 53), Live((alive, 5353)));
        Assert.Empty(report.Failures);
        Assert.Equal(3, report.Deleted);
        Assert.Equal([1001, 1005, 1006], SourcePorts(vip));
    });

    [KernelFact]
    public void Many_servers_cost_one_purge_and_without_a_live_one_only_redirected_entries_go() => NetworkNamespace.Run(() =>
    {
        for (ushort i = 0; i < 40; i++)
        {
            Insert("udp", "198.51.100.1", (ushort)(2000 + i), $"192.0.2.{i + 1}", 53, i % 2 == 0 ? "10.244.0.5" : "10.244.0.6", 53);
        }
        Insert("udp", "198.51.100.1", 3000, "192.0.2.100", 53, "192.0.2.100", 53);
        Insert("udp", "198.51.100.1", 3001, "192.0.2.100", 53, "10.244.0.6", 53);
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Netfilter);
        var servers = Enumerable.Range(1, 40).Select(i => new LiveServer(Server(IpProtocol.Udp, $"192.0.2.{i}", 53), Live(("10.244.0.5", 53)))).ToList();
        servers.Add(new(Server(IpProtocol.Udp, "192.0.2.100", 53), Live()));
        Assert.Equal(21, new ConntrackPurge(connection).Purge(servers).Deleted);
        Assert.Equal([.. Enumerable.Range(0, 20).Select(i => 2000 + (2 * i)), 3000], SourcePorts(null));
    });

    [KernelFact]
    public void The_kernels_filter_and_ours_see_the_same_entries() => NetworkNamespace.Run(() =>
    {
        Insert("udp", "198.51.100.1", 1001, "192.0.2.10", 53, "10.244.0.5", 53);
        Insert("udp", "198.51.100.1", 1002, "192.0.2.11", 53, "10.244.0.5", 53);
        Insert("sctp", "198.51.100.1", 1003, "192.0.2.10", 53, "10.244.0.5", 53);
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Netfilter);
        var purge = new ConntrackPurge(connection);
        foreach (var question in new ConntrackQuestion[]
        {
            new(IpFamily.IPv4, IpProtocol.Udp, null),
            new(IpFamily.IPv4, IpProtocol.Sctp, null),
            new(IpFamily.IPv4, IpProtocol.Udp, (InetAddress.Parse("192.0.2.11"), 53)),
        })
        {
            var filtered = purge.List(question).OrderBy(e => e.Original.SourcePort).ToList();
            Assert.Equal(question.Target is null && question.Protocol == IpProtocol.Udp ? 2 : 1, filtered.Count);
            Assert.Equal(purge.List(question with { UseFilter = false }).OrderBy(e => e.Original.SourcePort), filtered);
        }
    });

    [KernelFact]
    public void Udp_through_ipvs_moves_to_the_new_real_server_after_the_purge() => NetworkNamespace.Run(() =>
    {
        Shell.Script("""
            echo 1 >/proc/sys/net/ipv4/vs/conntrack
            iptables -A OUTPUT -m conntrack --ctstate NEW -j ACCEPT
            ip link add d0 type dummy; ip addr add 192.0.2.10/32 dev d0; ip addr add 127.0.0.5/8 dev lo; ip addr add 127.0.0.6/8 dev lo
            ipvsadm -A -u 192.0.2.10:53 -s rr; ipvsadm -a -u 192.0.2.10:53 -r 127.0.0.5:5353 -m
            """);
        using var first = Bind("127.0.0.5", 5353);
        using var second = Bind("127.0.0.6", 5353);
        using var client = Bind("127.0.0.1", 4000);
        client.SendTo([1], new IPEndPoint(IPAddress.Parse("192.0.2.10"), 53));
        Assert.Equal(1, first.Receive(new byte[4]));
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Netfilter);
        var purge = new ConntrackPurge(connection);
        var key = Server(IpProtocol.Udp, "192.0.2.10", 53);
        Assert.Equal(0, purge.Purge(key, Live(("127.0.0.5", 5353))).Deleted);
        Shell.Script("ipvsadm -a -u 192.0.2.10:53 -r 127.0.0.6:5353 -m; ipvsadm -d -u 192.0.2.10:53 -r 127.0.0.5:5353");
        Assert.Equal(1, purge.Purge(key, Live(("127.0.0.6", 5353))).Deleted);
        // With this on from the start, Linux 5.9 and later drop the entry themselves when the real server goes.
        Shell.Script("echo 1 >/proc/sys/net/ipv4/vs/expire_nodest_conn");
        // The first packet ends IPVS' own entry (expire_nodest_conn), the next makes a new one.
        client.SendTo([1], new IPEndPoint(IPAddress.Parse("192.0.2.10"), 53));
        client.SendTo([1, 2], new IPEndPoint(IPAddress.Parse("192.0.2.10"), 53));
        Assert.InRange(second.Receive(new byte[4]), 1, 2);
        Assert.Equal(0, first.Available);
    });

    [KernelFact]
    public void Counters_show_entries_and_limit() => NetworkNamespace.Run(() =>
    {
        Insert("udp", "198.51.100.1", 1001, "192.0.2.10", 53, "10.244.0.5", 53);
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Netfilter);
        var facts = new ConntrackStatistics(connection, new SysctlTable("/")).Read();
        Assert.Equal(1, facts.Count);
        Assert.Equal(Shell.Run("sysctl", "-n", "net.netfilter.nf_conntrack_max").Trim(), facts.Max.ToString());
        Assert.Equal(Shell.Run("sysctl", "-n", "net.netfilter.nf_conntrack_buckets").Trim(), facts.Buckets.ToString());
        Assert.Equal(0, facts.Drop);
    });

    private static Socket Bind(string address, int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 };
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), port));
        return socket;
    }

    private static void Insert(string protocol, string client, ushort clientPort, string vip, ushort port, string server, ushort serverPort)
    {
        string[] state = protocol switch { "tcp" => ["--state", "ESTABLISHED"], "sctp" => ["--state", "ESTABLISHED", "--orig-vtag", "1", "--reply-vtag", "2"], _ => [] };
        Shell.Run("conntrack",
        [
            "-I", "-p", protocol, "-t", "300", "-s", client, "-d", vip, "-r", server, "-q", client,
            "--sport", $"{clientPort}", "--dport", $"{port}", "--reply-port-src", $"{serverPort}", "--reply-port-dst", $"{clientPort}", .. state,
        ]);
    }

    private static List<int> SourcePorts(string? vip)
    {
        var family = vip?.Contains(':') == true ? "ipv6" : "ipv4";
        return [.. Shell.Run("conntrack", "-L", "-f", family).Split('\n').Where(l => l.Contains("sport="))
            .Select(l => int.Parse(l[(l.IndexOf("sport=", StringComparison.Ordinal) + 6)..].Split(' ')[0])).Order()];
    }

    private static VirtualServerKey Server(IpProtocol protocol, string address, ushort port) => new(protocol, InetAddress.Parse(address), port);

    private static HashSet<(InetAddress, ushort)> Live(params (string Address, ushort Port)[] servers) =>
        [.. servers.Select(s => (InetAddress.Parse(s.Address), s.Port))];
}
