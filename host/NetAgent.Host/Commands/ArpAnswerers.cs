using System.Globalization;
using System.Net.NetworkInformation;
using NetAgent.Contracts;
using NetAgent.Dataplane.Arp;

namespace NetAgent.Host.Commands;

/// <summary>Who answers for an address on a link: those heard, by the names that the neighbour table knows, and this node, which does not hear itself.</summary>
/// <param name="fileSystemRoot">Where /proc is.</param>
/// <param name="own">This node's addresses and the links that have them.</param>
internal sealed class ArpAnswerers(string fileSystemRoot, IReadOnlyList<(InetAddress Address, string Link)> own)
{
    private readonly Dictionary<(string Link, string Mac), string> _neighbours = ReadNeighbours(Path.Join(fileSystemRoot, "proc/net/arp"));

    public static ArpAnswerers OfThisNode() => new("/",
    [
        .. from link in NetworkInterface.GetAllNetworkInterfaces()
           from unicast in link.GetIPProperties().UnicastAddresses
           where unicast.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
           select (InetAddress.Parse(unicast.Address.ToString()), link.Name),
    ]);

    /// <summary>In order of answer, this node first.</summary>
    public IReadOnlyList<string> Of(ArpAnswer answer, string link)
    {
        var names = answer.Macs.Select(mac => Name(link, mac));
        return AnswersItself(answer.Address, link) ? ["this node", .. names] : [.. names];
    }

    /// <summary>As the kernel decides (ip-sysctl.rst, arp_ignore): 0 answers for every local address, 1 and 2 for the link's own.</summary>
    private bool AnswersItself(InetAddress address, string link)
    {
        var holders = own.Where(had => had.Address == address).Select(had => had.Link).ToArray();
        return holders.Length > 0 && Math.Max(Ignore("all"), Ignore(link)) switch
        {
            0 => true,
            1 or 2 => holders.Contains(link),
            _ => false,
        };
    }

    private int Ignore(string link) =>
        File.Exists(IgnorePath(link)) && int.TryParse(File.ReadAllText(IgnorePath(link)), NumberStyles.None | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value)
            ? value
            : 0;

    private string IgnorePath(string link) => Path.Join(fileSystemRoot, "proc/sys/net/ipv4/conf", link, "arp_ignore");

    private string Name(string link, PhysicalAddress mac)
    {
        var text = string.Join(':', mac.GetAddressBytes().Select(part => part.ToString("x2", CultureInfo.InvariantCulture)));
        return _neighbours.TryGetValue((link, text), out var addresses) ? $"{text} ({addresses})" : text;
    }

    // IP address, HW type, flags, HW address, mask, device.
    private static Dictionary<(string Link, string Mac), string> ReadNeighbours(string path) => File.Exists(path)
        ? File.ReadLines(path).Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length >= 6)
            .GroupBy(fields => (fields[5], fields[3]))
            .ToDictionary(group => group.Key, group => string.Join(", ", group.Select(fields => fields[0]).Order(StringComparer.Ordinal)))
        : [];
}
