using System.Net.NetworkInformation;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Arp;

/// <summary>Who answered for an address.</summary>
/// <param name="Address">The address asked for.</param>
/// <param name="Macs">Every hardware address that answered, in order of answer; more than one is a conflict.</param>
public sealed record ArpAnswer(InetAddress Address, IReadOnlyList<PhysicalAddress> Macs);

/// <summary>
/// Asks a link who has some IPv4 addresses and collects everybody who answers, not only the first. It sends requests only, never a
/// gratuitous ARP, and its sender address is the link's own, so that no neighbour learns anything wrong from it.
/// </summary>
public sealed class ArpProbe(TimeProvider time)
{
    /// <summary>Asks for each address twice (a lost frame must not read as silence) and listens until the deadline.</summary>
    /// <param name="link">The link to ask on.</param>
    /// <param name="addresses">IPv4 addresses.</param>
    /// <param name="deadline">How long to listen in all.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="KernelException">No such link, not Ethernet, down, or no right to raw sockets.</exception>
    public IReadOnlyList<ArpAnswer> Ask(
        string link, IReadOnlyList<InetAddress> addresses, TimeSpan deadline, CancellationToken cancellationToken)
    {
        foreach (var address in addresses.Where(a => a.Family != IpFamily.IPv4))
        {
            throw new ArgumentException(
                $"{address} is not an IPv4 address; Linux answers neighbour solicitations only on the link that has the address",
                nameof(addresses));
        }
        using var socket = new ArpSocket(link);
        var own = ArpLinks.AddressesOf(link);
        var found = addresses.Distinct().ToDictionary(a => a, _ => new List<PhysicalAddress>());
        var started = time.GetTimestamp();
        for (var round = 1; round <= 2; round++)
        {
            foreach (var address in found.Keys)
            {
                socket.Broadcast(new(ArpPacket.Request, socket.Mac, SourceFor(address, own), ArpPacket.NoMac, address));
            }
            var until = deadline * round / 2;
            for (TimeSpan left; (left = until - time.GetElapsedTime(started)) > TimeSpan.Zero;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                // Short waits, so that cancelling is prompt.
                Note(socket.Receive(left < Step ? left : Step), found);
            }
        }
        return [.. found.Select(f => new ArpAnswer(f.Key, f.Value))];
    }

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <summary>The link's address whose network holds the target, else its first, else 0.0.0.0 as in a probe (RFC 5227).</summary>
    internal static InetAddress SourceFor(InetAddress target, IReadOnlyList<InetPrefix> own)
    {
        // The target itself must not be sender: that would be a gratuitous announcement.
        var usable = own.Where(p => p.Address != target).ToList();
        return usable.Where(p => p.Contains(target)).Concat(usable).Select(p => p.Address).FirstOrDefault(InetAddress.Parse("0.0.0.0"));
    }

    private static void Note(ArpPacket? packet, Dictionary<InetAddress, List<PhysicalAddress>> found)
    {
        if (packet is { Operation: ArpPacket.Reply } && found.TryGetValue(packet.SenderAddress, out var macs)
            && !macs.Contains(packet.SenderMac))
        {
            macs.Add(packet.SenderMac);
        }
    }
}
