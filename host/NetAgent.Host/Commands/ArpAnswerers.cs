using System.Globalization;
using System.Net.NetworkInformation;
using NetAgent.Contracts;
using NetAgent.Dataplane.Arp;

namespace NetAgent.Host.Commands;

/// <summary>One who answers for an address.</summary>
/// <param name="Node">Its Node's name; null where no Node has that MAC.</param>
/// <param name="Mac">As heard; null for this node, which does not hear itself.</param>
/// <param name="Addresses">Addresses known for that MAC.</param>
/// <param name="Fault">Why it certainly should not have answered; null where that is not certain.</param>
internal sealed record ArpAnswerer(string? Node, string? Mac, string Addresses, string? Fault)
{
    public bool IsThisNode => Mac is null;

    public string Name => Node ?? (IsThisNode ? "this node" : Mac!);

    public override string ToString() => IsThisNode
        ? Node is null ? "this node" : $"{Node} (this node)"
        : Node is null ? Addresses.Length == 0 ? Mac! : $"{Mac} ({Addresses})" : $"{Node} ({Mac}, {Addresses})";
}

/// <summary>Who answers for an address on a link: those heard, by Node or the neighbour table's names, and this node.</summary>
/// <param name="fileSystemRoot">Where /proc is.</param>
/// <param name="own">This node's addresses and the links that have them.</param>
/// <param name="nodes">The cluster's Nodes.</param>
internal sealed class ArpAnswerers(string fileSystemRoot, IReadOnlyList<(InetAddress Address, string Link)> own, IReadOnlyList<Node> nodes)
{
    private readonly Dictionary<(string Link, string Mac), string> _neighbours = ReadNeighbours(Path.Join(fileSystemRoot, "proc/net/arp"));
    private readonly Dictionary<(string Link, string Mac), SortedSet<InetAddress>> _heard = [];

    public static ArpAnswerers OfThisNode(IReadOnlyList<Node> nodes) => new("/",
    [
        .. from link in NetworkInterface.GetAllNetworkInterfaces()
           from unicast in link.GetIPProperties().UnicastAddresses
           where unicast.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
           select (InetAddress.Parse(unicast.Address.ToString()), link.Name),
    ], nodes);

    /// <summary>Addresses of other Nodes in a link's networks: who answers for one of these is that Node.</summary>
    public IEnumerable<InetAddress> NodesOn(IReadOnlyList<InetPrefix> networks) => nodes.SelectMany(node => node.Addresses.AsEnumerable())
        .Where(address => networks.Any(network => network.Contains(address)) && !own.Any(had => had.Address == address)).Distinct();

    /// <summary>Takes over who answered for a Node's own address.</summary>
    public void Learn(ArpAnswer answer, string link)
    {
        foreach (var mac in answer.Macs.Where(_ => nodes.Any(node => node.Addresses.Contains(answer.Address))))
        {
            if (!_heard.TryGetValue((link, Text(mac)), out var addresses))
            {
                _heard[(link, Text(mac))] = addresses = [];
            }
            addresses.Add(answer.Address);
        }
    }

    /// <summary>In order of answer, this node first.</summary>
    public IReadOnlyList<ArpAnswerer> Of(ArpAnswer answer, string link)
    {
        var others = answer.Macs.Select(mac => Other(link, Text(mac)));
        return ItselfFor(answer.Address, link) is { } itself ? [itself, .. others] : [.. others];
    }

    /// <summary>
    /// As the kernel decides (ip-sysctl.rst, arp_ignore): 1 and 2 answer for the link's own addresses, 8 for none, all others for addresses
    /// of other links too. A speaker that announces in user space answers without the kernel and needs none of that.
    /// </summary>
    private ArpAnswerer? ItselfFor(InetAddress address, string link)
    {
        var holders = own.Where(had => had.Address == address).Select(had => had.Link).ToArray();
        var ignore = Math.Max(Ignore("all"), Ignore(link));
        if (holders.Length == 0 || ignore == 8 || (ignore is 1 or 2 && !holders.Contains(link)))
        {
            return null;
        }
        var name = nodes.FirstOrDefault(node => own.Any(had => node.Addresses.Contains(had.Address)))?.Name;
        return new(name, null, "", holders.Contains(link) ? null
            : string.Create(CultureInfo.InvariantCulture,
                $"arp_ignore is {ignore} on {link}, and {address} is on {string.Join(", ", holders)}"));
    }

    private int Ignore(string link) =>
        File.Exists(IgnorePath(link)) && int.TryParse(File.ReadAllText(IgnorePath(link)),
            NumberStyles.None | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value)
            ? value
            : 0;

    private string IgnorePath(string link) => Path.Join(fileSystemRoot, "proc/sys/net/ipv4/conf", link, "arp_ignore");

    private ArpAnswerer Other(string link, string mac)
    {
        if (!_heard.TryGetValue((link, mac), out var addresses))
        {
            return new(null, mac, _neighbours.GetValueOrDefault((link, mac), ""), null);
        }
        var names = nodes.Where(node => addresses.Any(address => node.Addresses.Contains(address))).Select(node => node.Name);
        return new(string.Join(" or ", names), mac, string.Join(", ", addresses), null);
    }

    private static string Text(PhysicalAddress mac) =>
        string.Join(':', mac.GetAddressBytes().Select(part => part.ToString("x2", CultureInfo.InvariantCulture)));

    // IP address, HW type, flags, HW address, mask, device.
    private static Dictionary<(string Link, string Mac), string> ReadNeighbours(string path) => File.Exists(path)
        ? File.ReadLines(path).Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length >= 6)
            .GroupBy(fields => (fields[5], fields[3]))
            .ToDictionary(group => group.Key, group => string.Join(", ", group.Select(fields => fields[0]).Order(StringComparer.Ordinal)))
        : [];
}
