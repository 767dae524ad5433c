using System.Net;
using System.Net.Sockets;
using NetAgent.Contracts;
using NetAgent.Dataplane.Ipvs;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Ipvs;

[Trait("Category", "Kernel")]
public class RealServerTableTests
{
    private static readonly VirtualServerKey _v4 = new(IpProtocol.Tcp, InetAddress.Parse("10.96.0.1"), 443);
    private static readonly VirtualServerKey _v6 = new(IpProtocol.Udp, InetAddress.Parse("fd00:10:96::1"), 53);

    private static RealServer Real(VirtualServerKey server, string address, ushort port, ushort weight = 1) =>
        new(new(server, InetAddress.Parse(address), port), weight);

    private static (VirtualServerTable Servers, RealServerTable Reals) Open(IpvsSocket socket)
    {
        var servers = new VirtualServerTable(socket);
        Assert.Empty(servers.Add(new VirtualServer(_v4, "rr"), new VirtualServer(_v6, "rr")));
        return (servers, new(socket));
    }

    [KernelFact]
    public void Destinations_of_both_families_read_back_as_written_and_ipvsadm_agrees() => NetworkNamespace.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        var (_, table) = Open(socket);
        RealServer[] rows =
            [Real(_v4, "10.244.0.5", 6443), Real(_v4, "10.244.1.7", 6443, 65535), Real(_v4, "10.244.1.7", 6444, 0), Real(_v6, "fd00:244::5", 53, 3)];

        Assert.Empty(table.Add(rows));

        Assert.Equal(rows.ToHashSet(), table.Read().Values.ToHashSet());
        var text = Shell.Run("ipvsadm", "-Sn");
        Assert.Contains("-a -t 10.96.0.1:443 -r 10.244.0.5:6443 -m -w 1\n", text);
        Assert.Contains("-a -t 10.96.0.1:443 -r 10.244.1.7:6443 -m -w 65535\n", text);
        Assert.Contains("-a -t 10.96.0.1:443 -r 10.244.1.7:6444 -m -w 0\n", text);
        Assert.Contains("-a -u [fd00:10:96::1]:53 -r [fd00:244::5]:53 -m -w 3\n", text);
    });

    [KernelFact]
    public void Adding_replacing_and_removing_are_idempotent() => NetworkNamespace.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        var (servers, table) = Open(socket);

        Assert.Empty(table.Add(Real(_v4, "10.244.0.5", 80)));
        Assert.Empty(table.Add(Real(_v4, "10.244.0.5", 80, 5)));
        Assert.Empty(table.Replace(Real(_v4, "10.244.0.6", 80, 2)));
        Assert.Equal([Real(_v4, "10.244.0.5", 80, 5), Real(_v4, "10.244.0.6", 80, 2)], table.Read().Values.OrderBy(row => row.Key.Address));

        Assert.Empty(table.Remove(Real(_v4, "10.244.0.5", 80), Real(_v4, "10.244.0.99", 80)));
        Assert.Equal([Real(_v4, "10.244.0.6", 80, 2)], table.Read().Values);
        servers.Remove([.. servers.Read().Values]);
        Assert.Empty(table.Remove(Real(_v4, "10.244.0.6", 80)));
        Assert.Empty(table.Read());
    });

    [KernelFact]
    public void A_destination_without_its_virtual_server_is_refused_and_the_others_go_in() => NetworkNamespace.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        var (_, table) = Open(socket);
        var missing = _v4 with { Port = 9 };
        var rows = Enumerable.Range(0, 150).Select(i => Real(i == 100 ? missing : _v4, "10.244.0.5", (ushort)(i + 1))).ToArray();

        var refusal = Assert.Single(table.Add(rows));

        Assert.Equal((100, "IPVS_CMD_NEW_DEST", 3), (refusal.Index, refusal.Operation, refusal.Errno));
        Assert.Contains("10.96.0.1:9/TCP -> 10.244.0.5:101: its virtual server is not in the kernel", refusal.Reason);
        Assert.Equal(149, table.Read().Count);
    });

    [KernelFact]
    public void A_destination_that_does_not_masquerade_reads_as_unlike_any_row_and_is_put_right() => NetworkNamespace.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        var (_, table) = Open(socket);
        Shell.Run("ipvsadm", "-a", "-t", "10.96.0.1:443", "-r", "10.244.0.5:443", "-g", "-w", "1");

        Assert.Equal([Real(_v4, "10.244.0.5", 443) with { ForwardsOtherwise = true }], table.Read().Values);
        Assert.Empty(table.Replace(Real(_v4, "10.244.0.5", 443)));
        Assert.Contains("-r 10.244.0.5:443 -m -w 1\n", Shell.Run("ipvsadm", "-Sn"));
    });

    [KernelFact]
    public void Activity_counts_an_open_connection_until_it_ends() => NetworkNamespace.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        var (_, table) = Open(socket);
        Shell.Run("ip", "addr", "add", "10.96.0.1/32", "dev", "lo");
        var real = Real(_v4, "127.0.0.1", 8443);
        table.Add(real);
        using var listener = new TcpListener(IPAddress.Loopback, 8443);
        listener.Start();

        using (var client = new TcpClient("10.96.0.1", 443))
        {
            var activity = table.ReadActivity([_v4, _v4 with { Port = 9 }]);
            Assert.Equal(new RealServerActivity(1, 0, 0), activity[real.Key]);
            Assert.Single(activity);
        }
    });

    [KernelFact]
    public void Ten_thousand_virtual_servers_with_three_destinations_each_go_in_and_read_back() => NetworkNamespace.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        var servers = new VirtualServerTable(socket);
        var table = new RealServerTable(socket);
        var rows = Enumerable.Range(0, 10_000)
            .Select(i => new VirtualServer(new(IpProtocol.Tcp, Address(10, 96, i), 80), "rr")).ToArray();
        var reals = rows.SelectMany((row, i) => Enumerable.Range(0, 3)
            .Select(j => new RealServer(new(row.Key, Address(10, 100 + j, i), 8080), 1))).ToArray();
        var rates = new Rates();

        Assert.Empty(rates.Measure("add virtual servers", rows.Length, () => servers.Add(rows)));
        Assert.Empty(rates.Measure("add real servers", reals.Length, () => table.Add(reals)));
        Assert.Equal(rows.Length, rates.Measure("read virtual servers", rows.Length, servers.Read).Count);
        Assert.Equal(reals.ToHashSet(), rates.Measure("read real servers", reals.Length, table.Read).Values.ToHashSet());
        Assert.Empty(rates.Measure("set weights", reals.Length, () => table.Replace([.. reals.Select(row => row with { Weight = 0 })])));
        Assert.Empty(rates.Measure("remove real servers", reals.Length, () => table.Remove(reals)));
        Assert.Empty(rates.Measure("remove virtual servers", rows.Length, () => servers.Remove(rows)));
        Assert.Equal("", Shell.Run("ipvsadm", "-Sn"));
        rates.Print();
    });

    private static InetAddress Address(int a, int b, int host) => InetAddress.FromBytes([(byte)a, (byte)b, (byte)(host >> 8), (byte)host]);
}
