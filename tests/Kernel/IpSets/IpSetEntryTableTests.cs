using NetAgent.Contracts;
using NetAgent.Dataplane.IpSets;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.IpSets;

[Trait("Category", "Kernel")]
public class IpSetEntryTableTests
{
    private static InetAddress Ip(string text) => InetAddress.Parse(text);

    private static void CreateSets(IpSetSocket socket, params IpSet[] sets) => Assert.Empty(new IpSetTable(socket).Add(sets));

    private static string[] Added() => Shell.Script("ipset save | grep ^add | sort").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [KernelFact]
    public void Members_of_every_type_and_family_read_back_as_written_and_ipset_agrees() => NetworkNamespace.Run(() =>
    {
        using var socket = IpSetSocket.Open();
        CreateSets(socket,
            new("ip4", IpSetType.HashIp, IpFamily.IPv4) { MaxElements = 65536 }, new("ip6", IpSetType.HashIp, IpFamily.IPv6) { MaxElements = 65536 },
            new("port4", IpSetType.HashIpPort, IpFamily.IPv4)
            {
                MaxElements = 65536,
            }, new("port6", IpSetType.HashIpPort, IpFamily.IPv6)
            {
                MaxElements = 65536,
            },
            new("pair4", IpSetType.HashIpPortIp, IpFamily.IPv4)
            {
                MaxElements = 65536,
            }, new("pair6", IpSetType.HashIpPortIp, IpFamily.IPv6)
            {
                MaxElements = 65536,
            },
            new("net4", IpSetType.HashIpPortNet, IpFamily.IPv4)
            {
                MaxElements = 65536,
            }, new("net6", IpSetType.HashIpPortNet, IpFamily.IPv6)
            {
                MaxElements = 65536,
            },
            new("bits", IpSetType.BitmapPort, IpFamily.None));
        var table = new IpSetEntryTable(socket, _ => true);
        IpSetEntry[] rows =
        [
            IpSetEntry.ForIp("ip4", Ip("10.96.0.1")), IpSetEntry.ForIp("ip6", Ip("fd00::1")),
            IpSetEntry.ForIpPort("port4", Ip("10.96.0.1"), IpProtocol.Tcp, 443), IpSetEntry.ForIpPort("port4", Ip("10.96.0.1"), IpProtocol.Sctp, 9),
            IpSetEntry.ForIpPort("port6", Ip("fd00::1"), IpProtocol.Udp, 53),
            IpSetEntry.ForIpPortIp("pair4", Ip("10.244.0.2"), IpProtocol.Udp, 53, Ip("10.244.0.2")),
            IpSetEntry.ForIpPortIp("pair6", Ip("fd00::2"), IpProtocol.Tcp, 80, Ip("fd00::2")),
            IpSetEntry.ForIpPortNet("net4", Ip("1.2.3.4"), IpProtocol.Tcp, 80, InetPrefix.Parse("10.0.0.0/8")),
            IpSetEntry.ForIpPortNet("net4", Ip("1.2.3.4"), IpProtocol.Tcp, 80, InetPrefix.Parse("10.1.2.3/32")),
            IpSetEntry.ForIpPortNet("net4", Ip("1.2.3.4"), IpProtocol.Tcp, 80, InetPrefix.Parse("128.0.0.0/1")),
            IpSetEntry.ForIpPortNet("net6", Ip("fd00::3"), IpProtocol.Tcp, 80, InetPrefix.Parse("fd00::/16")),
            IpSetEntry.ForPort("bits", 30080), IpSetEntry.ForPort("bits", 0),
        ];

        Assert.Empty(table.Add(rows));
        Assert.Empty(table.Add(rows));

        Assert.Equal(rows.ToHashSet(), table.Read().Keys.ToHashSet());
        Assert.Equal(
            new[]
            {
                "add bits 0", "add bits 30080", "add ip4 10.96.0.1", "add ip6 fd00::1", "add net4 1.2.3.4,tcp:80,10.0.0.0/8",
                "add net4 1.2.3.4,tcp:80,10.1.2.3", "add net4 1.2.3.4,tcp:80,128.0.0.0/1", "add net6 fd00::3,tcp:80,fd00::/16",
                "add pair4 10.244.0.2,udp:53,10.244.0.2", "add pair6 fd00::2,tcp:80,fd00::2", "add port4 10.96.0.1,sctp:9",
                "add port4 10.96.0.1,tcp:443", "add port6 fd00::1,udp:53",
            }.ToHashSet(),
            Added().ToHashSet());
        Assert.Empty(table.Remove(rows));
        Assert.Empty(table.Remove(rows));
        Assert.Empty(Added());
    });

    [KernelFact]
    public void A_refused_member_amid_many_is_named_and_the_others_go_in() => NetworkNamespace.Run(() =>
    {
        using var socket = IpSetSocket.Open();
        CreateSets(socket, new IpSet("net4", IpSetType.HashIpPortNet, IpFamily.IPv4) { MaxElements = 65536 });
        var table = new IpSetEntryTable(socket, _ => true);
        var rows = Enumerable.Range(0, 400).Select(i => i is 0 or 130 or 131 or 399
            ? new IpSetEntry
            {
                Set = "net4",
                Address = Ip("1.2.3.4"),
                Protocol = IpProtocol.Tcp,
                Port = (ushort)i,
                Second = new(Ip("0.0.0.0"), 0),
            }
            : IpSetEntry.ForIpPortNet("net4", Ip("1.2.3.4"), IpProtocol.Tcp, (ushort)i, InetPrefix.Parse("10.0.0.0/8"))).ToArray();

        var refusals = table.Add(rows);

        Assert.Equal([0, 130, 131, 399], refusals.Select(refusal => refusal.Index).Order());
        Assert.All(refusals, refusal => Assert.Equal(("IPSET_CMD_ADD", 4104), (refusal.Operation, refusal.Errno)));
        Assert.Contains("net4 1.2.3.4,tcp:130,0.0.0.0/0: invalid prefix length", refusals.Single(refusal => refusal.Index == 130).Reason);
        Assert.Equal(396, table.Read().Count);
    });

    [KernelFact]
    public void Members_for_a_set_that_is_not_there_are_refused_and_their_removal_succeeds() => NetworkNamespace.Run(() =>
    {
        using var socket = IpSetSocket.Open();
        CreateSets(socket, new IpSet("here", IpSetType.HashIp, IpFamily.IPv4) { MaxElements = 65536 });
        var table = new IpSetEntryTable(socket, _ => true);

        var refusals = table.Add(IpSetEntry.ForIp("gone", Ip("10.0.0.1")), IpSetEntry.ForIp("here", Ip("10.0.0.1")), IpSetEntry.ForIp("gone", Ip("10.0.0.2")));

        Assert.Equal([(0, 2), (2, 2)], refusals.Select(refusal => (refusal.Index, refusal.Errno)).Order());
        Assert.Empty(table.Remove(IpSetEntry.ForIp("gone", Ip("10.0.0.1"))));
        Assert.Equal(["add here 10.0.0.1"], Added());
    });

    [KernelFact]
    public void Sets_that_are_not_watched_are_not_read() => NetworkNamespace.Run(() =>
    {
        using var socket = IpSetSocket.Open();
        Shell.Script("ipset create huge hash:net; ipset add huge 10.0.0.0/8; ipset create KUBE-A hash:ip; ipset add KUBE-A 10.0.0.1");
        var table = new IpSetEntryTable(socket, name => name.StartsWith("KUBE-", StringComparison.Ordinal));

        Assert.Equal([IpSetEntry.ForIp("KUBE-A", Ip("10.0.0.1"))], table.Read().Keys);
    });

    [KernelFact]
    public void Ten_thousand_members_go_in_and_read_back() => NetworkNamespace.Run(() =>
    {
        using var socket = IpSetSocket.Open();
        CreateSets(socket, new IpSet("port4", IpSetType.HashIpPort, IpFamily.IPv4) { MaxElements = 65536 });
        var table = new IpSetEntryTable(socket, _ => true);
        var rows = Enumerable.Range(0, 10_000).Select(i =>
            IpSetEntry.ForIpPort("port4", InetAddress.FromBytes([10, 96, (byte)(i >> 8), (byte)i]), IpProtocol.Tcp, 443)).ToArray();
        var rates = new Rates();

        Assert.Empty(rates.Measure("add members", rows.Length, () => table.Add(rows)));
        Assert.Equal(rows.ToHashSet(), rates.Measure("read members", rows.Length, table.Read).Keys.ToHashSet());
        Assert.Empty(rates.Measure("remove members", rows.Length, () => table.Remove(rows)));
        Assert.Empty(table.Read());
        rates.Print();
    });
}
