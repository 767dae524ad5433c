using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Routes;

/// <summary>Other hosts that this node's own settings name: its default gateways and its DNS servers.</summary>
internal sealed class ForeignHosts(NetlinkConnection connection, string root)
{
    private const string Resolver = "etc/resolv.conf";

    /// <summary>Ordered; an address once.</summary>
    /// <exception cref="KernelException">The routes could not be read.</exception>
    public EquatableArray<ForeignAddress> Observe()
    {
        var found = new SortedDictionary<InetAddress, ForeignAddress>();
        foreach (var family in new[] { IpFamily.IPv4, IpFamily.IPv6 })
        {
            foreach (var gateway in connection.ReadDefaultGateways(family).Where(address => !address.IsUnspecified))
            {
                found[gateway] = new()
                {
                    Address = gateway,
                    Owner = "the default gateway",
                    Loss = "anything beyond the node's own networks"
                };
            }
        }
        foreach (var server in DnsServers())
        {
            found.TryAdd(server, new() { Address = server, Owner = $"a DNS server of /{Resolver}", Loss = "names outside the cluster" });
        }
        return found.Values.ToEquatableArray();
    }

    private IEnumerable<InetAddress> DnsServers()
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(Path.Combine(root, Resolver));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
        return lines.Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is ["nameserver", _, ..])
            .Select(words => InetAddress.TryParse(words[1], out var address) ? address : default)
            .Where(address => !address.IsNone && !address.IsLoopback);
    }
}
