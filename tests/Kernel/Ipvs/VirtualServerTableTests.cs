using NetAgent.Contracts;
using NetAgent.Dataplane.Ipvs;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Ipvs;

[Trait("Category", "Kernel")]
public class VirtualServerTableTests
{
    private static VirtualServer Server(
        string address, ushort port, IpProtocol protocol = IpProtocol.Tcp, string scheduler = "rr", uint persistence = 0) => new(
        new(protocol, InetAddress.Parse(address), port), scheduler)
        {
            Flags = persistence == 0 ? VirtualServerFlags.None : VirtualServerFlags.Persistent,
            PersistenceTimeoutSeconds = persistence,
        };

    private static string[] Ipvsadm() => Shell.Run("ipvsadm", "-Sn").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order().ToArray();

    [KernelFact]
    public void Virtual_servers_of_both_families_and_all_protocols_read_back_as_written_and_ipvsadm_agrees() => NetworkNamespace.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        var table = new VirtualServerTable(socket);
        VirtualServer[] rows =
        [
            Server("10.96.0.1", 443), Server("10.96.0.10", 53, IpProtocol.Udp, "wrr"), Server("10.96.0.11", 9999, IpProtocol.Sctp, "mh"),
            Server("fd00:10:96::1", 443, persistence: 10800), Server("fd00:10:96::a", 53, IpProtocol.Udp),
        ];

        Assert.Empty(table.Add(rows));

        Assert.Equal(rows.ToHashSet(), table.Read().Values.ToHashSet());
        Assert.Equal(
            [
                "-A -t 10.96.0.1:443 -s rr", "-A -t [fd00:10:96::1]:443 -s rr -p 10800", "-A -u 10.96.0.10:53 -s wrr",
                "-A -u [fd00:10:96::a]:53 -s rr", "-A --sctp-service 10.96.0.11:9999 -s mh",
            ],
            Ipvsadm().OrderBy(line => line[3..] switch
            {
                var l when l.StartsWith("-t 1") => 0,
                var l when l.StartsWith("-t [") => 1,
                var l when l.StartsWith("-u 1") => 2,
                var l when l.StartsWith("-u [") => 3,
                _ => 4,
            }));
    });

    [KernelFact]
    public void Replacing_changes_scheduler_and_persistence_in_place() => NetworkNamespace.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        var table = new VirtualServerTable(socket);
        table.Add(Server("10.96.0.1", 443));
        new RealServerTable(socket).Add(new RealServer(new(Server("10.96.0.1", 443).Key, InetAddress.Parse("10.244.0.2"), 6443), 1));

        Assert.Empty(table.Replace(Server("10.96.0.1", 443, scheduler: "lc", persistence: 60)));

        Assert.Equal(["-A -t 10.96.0.1:443 -s lc -p 60", "-a -t 10.96.0.1:443 -r 10.244.0.2:6443 -m -w 1"], Ipvsadm());
    });

    [KernelFact]
    public void Adding_what_is_there_sets_it_and_removing_what_is_gone_succeeds() => NetworkNamespace.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        var table = new VirtualServerTable(socket);
        Shell.Run("ipvsadm", "-A", "-t", "10.96.0.1:443", "-s", "wlc");

        Assert.Empty(table.Add(Server("10.96.0.1", 443)));
        Assert.Empty(table.Replace(Server("10.96.0.2", 443)));
        Assert.Empty(table.Remove(Server("10.96.0.3", 443)));

        Assert.Equal(["-A -t 10.96.0.1:443 -s rr", "-A -t 10.96.0.2:443 -s rr"], Ipvsadm());
        Assert.Empty(table.Remove([.. table.Read().Values]));
        Assert.Empty(Ipvsadm());
    });

    [KernelFact]
    public void A_refused_row_amid_many_is_named_and_the_others_go_in() => NetworkNamespace.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        var table = new VirtualServerTable(socket);
        var rows = Enumerable.Range(1, 200).Select(i => Server("10.96.0.1", (ushort)i, scheduler: i is 70 or 151 ? "nosuch" : "rr")).ToArray();

        var refusals = table.Add(rows);

        Assert.Equal([69, 150], refusals.Select(refusal => refusal.Index));
        Assert.All(refusals, refusal => Assert.Equal(("IPVS_CMD_NEW_SERVICE", 2), (refusal.Operation, refusal.Errno)));
        Assert.Contains("no scheduler 'nosuch'", refusals[0].Reason);
        Assert.Equal(198, table.Read().Count);
    });

    [KernelFact]
    public void Firewall_mark_services_are_neither_read_nor_in_the_way() => NetworkNamespace.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        var table = new VirtualServerTable(socket);
        Shell.Run("ipvsadm", "-A", "-f", "7", "-s", "rr");
        table.Add(Server("10.96.0.1", 443));

        Assert.Equal([Server("10.96.0.1", 443)], table.Read().Values);
        Assert.Empty(new RealServerTable(socket).Read());
    });

    [KernelFact]
    public void Timeouts_that_are_zero_stay() => NetworkNamespace.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        var table = new IpvsTimeoutsTable(socket);
        Assert.Equal(new(900, 120, 300), table.Read()["timeouts"]);

        Assert.Empty(table.Replace(new IpvsTimeouts(0, 60, 0)));
        Assert.Equal(new(900, 60, 300), table.Read()["timeouts"]);
        Assert.Contains("900 60 300", Shell.Run("ipvsadm", "-l", "--timeout"));
    });

    [KernelFact]
    public void The_probe_finds_all_schedulers_of_this_kernel_and_leaves_nothing() => NetworkNamespace.Run(() =>
    {
        using var socket = IpvsSocket.Open();
        Shell.Run("ipvsadm", "-A", "-t", "198.51.100.0:20000", "-s", "sh");
        var probe = new IpvsProbe(socket);

        Assert.Equal(IpvsProbe.KnownSchedulers, probe.FindSchedulers());
        Assert.Equal(["-A -t 198.51.100.0:20000 -s sh"], Ipvsadm());
        Assert.Equal(new Version(1, 2, 1), probe.ReadInfo().Version);
        Assert.Equal(4096u, probe.ReadInfo().ConnectionTableSize);
    });
}
