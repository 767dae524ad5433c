using NetAgent.Contracts;
using NetAgent.Dataplane.IpSets;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.IpSets;

[Trait("Category", "Kernel")]
public class IpSetTableTests
{
    private static readonly IpSet _ports = new("KUBE-CLUSTER-IP", IpSetType.HashIpPort, IpFamily.IPv4) { MaxElements = 65536 };

    private static IpSetEntry Member(int i, string set = "KUBE-CLUSTER-IP") =>
        IpSetEntry.ForIpPort(set, InetAddress.FromBytes([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]), IpProtocol.Tcp, 80);

    // What varies between ipset versions and from run to run is cut, as in the recordings.
    private static string[] Save() => Shell.Script("ipset save | sed -E 's/ (hashsize|bucketsize|initval) [0-9a-fx]+//g' | sort")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [KernelFact]
    public void Sets_of_every_type_and_family_are_as_kube_proxy_makes_them() => NetworkNamespace.Run(() =>
    {
        using var socket = IpSetSocket.Open();
        var table = new IpSetTable(socket);
        IpSet[] rows =
        [
            _ports, new("A", IpSetType.HashIp, IpFamily.IPv4)
            {
                MaxElements = 65536,
            }, new("B", IpSetType.HashIpPortIp, IpFamily.IPv6)
            {
                MaxElements = 65536,
            },
            new("KUBE-6-NODE-PORT-LOCAL-SCTP-HAS", IpSetType.HashIpPortNet, IpFamily.IPv6)
            {
                MaxElements = 65536,
            }, new("D", IpSetType.BitmapPort, IpFamily.None),
        ];

        Assert.Empty(table.Add(rows));
        Assert.Empty(table.Add(rows));

        Assert.Equal(rows.ToHashSet(), table.Read().Values.ToHashSet());
        Assert.Equal(
            [
                "create A hash:ip family inet maxelem 65536", "create B hash:ip,port,ip family inet6 maxelem 65536", "create D bitmap:port range 0-65535",
                "create KUBE-6-NODE-PORT-LOCAL-SCTP-HAS hash:ip,port,net family inet6 maxelem 65536",
                "create KUBE-CLUSTER-IP hash:ip,port family inet maxelem 65536",
            ],
            Save().Order(StringComparer.Ordinal));
        // kube-proxy's own command for the same set must find nothing to complain about.
        Shell.Run("ipset", "create", "KUBE-CLUSTER-IP", "hash:ip,port", "family", "inet", "hashsize", "1024", "maxelem", "65536", "-exist");
        Assert.Empty(table.Remove([.. rows, new IpSet("gone", IpSetType.HashIp, IpFamily.IPv4) { MaxElements = 65536 }]));
        Assert.Empty(Save());
    });

    [KernelFact]
    public void A_set_with_other_parameters_is_rebuilt_with_its_members_under_the_rules_that_use_it() => NetworkNamespace.Run(() =>
    {
        using var socket = IpSetSocket.Open();
        var table = new IpSetTable(socket);
        Shell.Script("""
            ipset create KUBE-CLUSTER-IP hash:ip,port family inet maxelem 100 timeout 300
            ipset add KUBE-CLUSTER-IP 10.96.0.1,tcp:443
            ipset add KUBE-CLUSTER-IP 10.96.0.2,udp:53
            iptables -A INPUT -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
            """);
        Assert.NotEqual(_ports, table.Read()[_ports.Name]);

        Assert.Empty(table.Replace(_ports));

        Assert.Equal(_ports, table.Read()[_ports.Name]);
        Assert.Equal(
            ["add KUBE-CLUSTER-IP 10.96.0.1,tcp:443", "add KUBE-CLUSTER-IP 10.96.0.2,udp:53", "create KUBE-CLUSTER-IP hash:ip,port family inet maxelem 65536"],
            Save().Order(StringComparer.Ordinal));
        Assert.Contains("match-set KUBE-CLUSTER-IP dst,dst", Shell.Run("iptables", "-S", "INPUT"));
    });

    [KernelFact]
    public void Adding_a_set_that_came_into_being_with_another_size_makes_it_as_wanted() => NetworkNamespace.Run(() =>
    {
        using var socket = IpSetSocket.Open();
        Shell.Run("ipset", "create", "KUBE-CLUSTER-IP", "hash:ip,port", "maxelem", "100");

        Assert.Empty(new IpSetTable(socket).Add(_ports));

        Assert.Equal(["create KUBE-CLUSTER-IP hash:ip,port family inet maxelem 65536"], Save());
    });

    [KernelFact]
    public void A_set_of_another_type_is_replaced_while_unused_and_refused_while_used() => NetworkNamespace.Run(() =>
    {
        using var socket = IpSetSocket.Open();
        var table = new IpSetTable(socket);
        Shell.Run("ipset", "create", "KUBE-CLUSTER-IP", "hash:ip");
        Shell.Run("iptables", "-A", "INPUT", "-m", "set", "--match-set", "KUBE-CLUSTER-IP", "dst", "-j", "ACCEPT");

        var refusal = Assert.Single(table.Replace(_ports));
        Assert.Equal(("IPSET_CMD_DESTROY", 4100), (refusal.Operation, refusal.Errno));
        Assert.Contains("KUBE-CLUSTER-IP: it is of type hash:ip instead of hash:ip,port", refusal.Reason);
        Assert.Equal(4100, Assert.Single(table.Remove(_ports)).Errno);

        Shell.Run("iptables", "-F", "INPUT");
        Assert.Empty(table.Replace(_ports));
        Assert.Equal([_ports], table.Read().Values);
    });

    [KernelFact]
    public void A_full_set_grows_and_still_reads_as_wanted() => NetworkNamespace.Run(() =>
    {
        using var socket = IpSetSocket.Open();
        var sets = new IpSetTable(socket);
        var entries = new IpSetEntryTable(socket, _ => true);
        var small = _ports with { MaxElements = 1000 };
        sets.Add(small);
        var rows = Enumerable.Range(0, 3000).Select(i => Member(i)).ToArray();

        Assert.Empty(entries.Add(rows));

        Assert.Equal(rows.ToHashSet(), entries.Read().Keys.ToHashSet());
        Assert.Equal(3000u, sets.CountElements(small.Name));
        Assert.Contains("create KUBE-CLUSTER-IP hash:ip,port family inet maxelem 4096", Save());
        Assert.Equal(small, sets.Read()[small.Name]);

        // Another agent, which does not know: asked to make it small again, it keeps the room that is needed.
        using var later = IpSetSocket.Open();
        var laterSets = new IpSetTable(later);
        Assert.Equal(4096u, laterSets.Read()[small.Name].MaxElements);
        Assert.Empty(laterSets.Replace(small));
        Assert.Equal(small, laterSets.Read()[small.Name]);
        Assert.Equal(3000u, laterSets.CountElements(small.Name));

        Assert.Empty(entries.Remove(rows[500..]));
        using var last = IpSetSocket.Open();
        Assert.Empty(new IpSetTable(last).Replace(small));
        Assert.Contains("create KUBE-CLUSTER-IP hash:ip,port family inet maxelem 1000", Save());
        Assert.Equal(500u, laterSets.CountElements(small.Name));
    });
}
