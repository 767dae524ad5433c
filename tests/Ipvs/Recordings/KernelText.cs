using NetAgent.Contracts;
using NetAgent.TestKit;

namespace NetAgent.Ipvs.Tests.Recordings;

/// <summary>Renders a slice as the tools would print the kernel that holds it, in the recordings' normal form.</summary>
internal static class KernelText
{
    private static readonly Dictionary<string, string[]> BaseChains = new()
    {
        ["nat"] = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
        ["filter"] = ["INPUT", "FORWARD", "OUTPUT"],
    };

    public static string Render(string file, InMemorySlice slice) => file switch
    {
        "ipvs.txt" => Lines(Sorted(slice.VirtualServers.Rows.Select(Server).Concat(slice.RealServers.Rows.Select(Destination)))),
        "addresses.txt" => Lines(Sorted(slice.Addresses.Rows.Select(row => InetPrefix.Host(row.Key.Address).ToString()))),
        "ipset.txt" => Lines(Sorted(slice.IpSets.Rows.Select(Set).Concat(slice.IpSetEntries.Rows.Select(row => Entry(row, slice))))),
        "ipvs-timeout.txt" => Timeouts(slice),
        "link.txt" => slice.Links.Rows.Any(row => row.Name == "kube-ipvs0") ? "<BROADCAST,NOARP>\n" : "",
        _ => Table(file, slice),
    };

    private static string Table(string file, InMemorySlice slice)
    {
        var family = file.StartsWith("ip6", StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;
        var table = file[(file.IndexOf('-') + 1)..^4];
        var lines = new List<string> { $"*{table}" };
        lines.AddRange(BaseChains[table].Select(name => $":{name} ACCEPT"));
        var chains = slice.Chains.Rows.Where(row => row.Key.Family == family && row.Key.Table == table)
            .OrderBy(row => row.Key.Name, StringComparer.Ordinal).ToList();
        lines.AddRange(chains.Select(row => $":{row.Key.Name} -"));
        lines.AddRange(BaseChains[table].SelectMany(parent => slice.Jumps.Rows
            .Where(row => row.Key.Family == family && row.Key.Table == table && row.Key.Parent == parent)
            .OrderBy(row => row.Order).Select(row => $"-A {parent} {row.Key.Rule}")));
        lines.AddRange(chains.SelectMany(row => row.Rules.Select(rule => $"-A {row.Key.Name} {rule}")));
        lines.Add("COMMIT");
        return Lines(lines);
    }

    private static string Server(VirtualServer row)
    {
        var affinity = row.Flags.HasFlag(VirtualServerFlags.Persistent) ? $" -p {row.PersistenceTimeoutSeconds}" : "";
        var option = row.Flags.HasFlag(VirtualServerFlags.MhPort) ? $" -b {row.Scheduler}-port" : "";
        return $"-A {ServerName(row.Key)} -s {row.Scheduler}{affinity}{option}";
    }

    private static string Destination(RealServer row) =>
        $"-a {ServerName(row.Key.Server)} -r {HostPort(row.Key.Address, row.Key.Port)} -m -w {row.Weight}";

    private static string ServerName(VirtualServerKey key)
    {
        var option = key.Protocol switch { IpProtocol.Tcp => "-t", IpProtocol.Udp => "-u", _ => "--sctp-service" };
        return $"{option} {HostPort(key.Address, key.Port)}";
    }

    private static string HostPort(InetAddress address, ushort port) =>
        address.Family == IpFamily.IPv6 ? $"[{address}]:{port}" : $"{address}:{port}";

    private static string Set(IpSet row)
    {
        var family = row.Family == IpFamily.IPv6 ? "inet6" : "inet";
        return row.Type switch
        {
            IpSetType.BitmapPort => $"create {row.Name} bitmap:port range 0-65535",
            IpSetType.HashIp => $"create {row.Name} hash:ip family {family} maxelem {row.MaxElements}",
            IpSetType.HashIpPort => $"create {row.Name} hash:ip,port family {family} maxelem {row.MaxElements}",
            IpSetType.HashIpPortIp => $"create {row.Name} hash:ip,port,ip family {family} maxelem {row.MaxElements}",
            _ => $"create {row.Name} hash:ip,port,net family {family} maxelem {row.MaxElements}",
        };
    }

    private static string Entry(IpSetEntry row, InMemorySlice slice)
    {
        var second = row.Second.Length == row.Second.Address.BitCount ? row.Second.Address.ToString() : row.Second.ToString();
        return slice.IpSets.Rows.Single(set => set.Name == row.Set).Type switch
        {
            IpSetType.BitmapPort => $"add {row.Set} {row.Port}",
            IpSetType.HashIp => $"add {row.Set} {row.Address}",
            IpSetType.HashIpPort => $"add {row.Set} {row.Address},{row.Protocol.ToLowerText()}:{row.Port}",
            _ => $"add {row.Set} {row.Address},{row.Protocol.ToLowerText()}:{row.Port},{second}",
        };
    }

    private static string Timeouts(InMemorySlice slice)
    {
        var row = slice.IpvsTimeouts.Rows.SingleOrDefault();
        uint Or(uint wanted, uint kernel) => wanted == 0 ? kernel : wanted;
        return $"Timeout (tcp tcpfin udp): {Or(row.TcpSeconds, 900)} {Or(row.TcpFinSeconds, 120)} {Or(row.UdpSeconds, 300)}\n";
    }

    private static IEnumerable<string> Sorted(IEnumerable<string> lines) => lines.Order(StringComparer.Ordinal);

    private static string Lines(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));
}
