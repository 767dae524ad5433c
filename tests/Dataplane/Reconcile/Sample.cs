using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Reconcile;

/// <summary>Rows as the proxier writes them for a Service.</summary>
internal static class Sample
{
    public static VirtualServerKey Key(string address, ushort port = 80, IpProtocol protocol = IpProtocol.Tcp) =>
        new(protocol, InetAddress.Parse(address), port);

    public static VirtualServer Server(string address, ushort port = 80, IpProtocol protocol = IpProtocol.Tcp, string scheduler = "rr") =>
        new(Key(address, port, protocol), scheduler);

    public static RealServer Real(VirtualServerKey server, string address, ushort weight = 1) =>
        new(new(server, InetAddress.Parse(address), 8080), weight);

    public static LinkAddress Bound(string address) => new(new(Bench.Link, InetAddress.Parse(address)), AddressBinding.Address);

    /// <summary>A virtual server, its address and its real servers.</summary>
    public static RowSet Service(string address, string[] endpoints, IpProtocol protocol = IpProtocol.Tcp, string scheduler = "rr")
    {
        var rows = new RowSet();
        rows.VirtualServers.Add(Server(address, 80, protocol, scheduler));
        rows.Addresses.Add(Bound(address));
        foreach (var endpoint in endpoints)
        {
            rows.RealServers.Add(Real(Key(address, 80, protocol), endpoint));
        }
        return rows;
    }

    /// <summary>Everything that all Services share.</summary>
    public static RowSet Common()
    {
        var rows = new RowSet();
        rows.Links.Add(new(Bench.Link));
        rows.IpSets.Add(new("KUBE-CLUSTER-IP", IpSetType.HashIpPort, IpFamily.IPv4) { MaxElements = 65536 });
        rows.IpSetEntries.Add(IpSetEntry.ForIpPort("KUBE-CLUSTER-IP", InetAddress.Parse("10.96.0.1"), IpProtocol.Tcp, 443));
        rows.Chains.Add(new(new(IpFamily.IPv4, "nat", "KUBE-SERVICES"), ["-m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT"]));
        rows.Jumps.Add(new(new(IpFamily.IPv4, "nat", "PREROUTING", "-j KUBE-SERVICES"), JumpPosition.First));
        rows.Sysctls.Add(new("net/ipv4/ip_forward", "1"));
        rows.IpvsTimeouts.Add(new(1000, 120, 300));
        rows.Files.Add(new("/etc/sysctl.d/90-netagent.conf", "net.ipv4.ip_forward = 1\n"));
        rows.HealthCheckPorts.Add(new(30100, new("default", "web")) { LocalEndpoints = 2 });
        return rows;
    }
}
