using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Routes;

/// <summary>Asks the kernel which way a packet goes, and reckons as it does what MASQUERADE makes its source there.</summary>
internal static class RouteLookup
{
    private readonly record struct Question(InetAddress From, InetAddress To, int Input, int Output);

    private sealed class Answer
    {
        public byte Type { get; set; }

        public int Link { get; set; }

        public InetAddress Gateway { get; set; }

        public InetAddress PreferredSource { get; set; }
    }

    private sealed record OwnAddress(int Link, InetAddress Local, InetPrefix Network, bool IsUsual);

    /// <summary>The way of a packet that a pod or this node sends.</summary>
    /// <exception cref="KernelException">The kernel did not answer at all.</exception>
    public static RouteFacts FindRoute(this NetlinkConnection connection, InetAddress from, InetAddress to)
    {
        try
        {
            var route = Find(connection, from, to);
            var link = LibC.NameOf(route.Link);
            var source = to.Family == IpFamily.IPv4
                ? Select(connection, route.Link, route.Gateway.IsNone ? to : route.Gateway)
                : Ask(connection, new(default, to, 0, route.Link)).PreferredSource;
            return new() { Link = link ?? "", Gateway = route.Gateway, MasqueradeSource = source };
        }
        catch (KernelException refused) when (refused.Errno is > 0 and not Errno.NoBuffers and not Errno.TimedOut)
        {
            return new() { Link = "", Problem = refused.Message };
        }
    }

    private static Answer Find(NetlinkConnection connection, InetAddress from, InetAddress to)
    {
        try
        {
            // It comes in where its source lives: rules may go by either.
            var home = Ask(connection, new(default, from, 0, 0));
            return Ask(connection, home.Type == RtnetlinkFormat.TypeLocal ? new(from, to, 0, 0) : new(from, to, home.Link, 0));
        }
        catch (KernelException refused) when (refused.Errno is > 0 and not Errno.NoBuffers and not Errno.TimedOut)
        {
            // A source that is not here (yet), or a node that does not forward: the way that its own packets go.
            return Ask(connection, new(default, to, 0, 0));
        }
    }

    /// <summary>
    /// inet_select_addr(link, next hop, RT_SCOPE_UNIVERSE), which xt_MASQUERADE calls: not the route's own preferred source.
    /// </summary>
    private static InetAddress Select(NetlinkConnection connection, int link, InetAddress nextHop)
    {
        var usual = ReadAddresses(connection).Where(a => a.IsUsual).ToList();
        var here = usual.Where(a => a.Link == link).ToList();
        return (here.Find(a => a.Network.Contains(nextHop)) ?? here.FirstOrDefault() ?? usual.FirstOrDefault())?.Local ?? default;
    }

    private static Answer Ask(NetlinkConnection connection, Question question) =>
        connection.Ask("RTM_GETROUTE", question, Write, static () => new Answer(), Read);

    private static void Write(ref NetlinkWriter writer, Question question)
    {
        var message = writer.BeginMessage(RtnetlinkFormat.GetRoute, NetlinkFlags.None);
        var header = writer.TakeHeader(RtnetlinkFormat.RouteHeaderLength);
        header[0] = (byte)question.To.Family;
        header[1] = (byte)question.To.BitCount;
        header[2] = (byte)(question.From.IsNone ? 0 : question.From.BitCount);
        writer.WriteAddress(RtnetlinkFormat.RouteDestination, question.To);
        if (!question.From.IsNone)
        {
            writer.WriteAddress(RtnetlinkFormat.RouteSource, question.From);
        }
        if (question.Input != 0)
        {
            writer.WriteUInt32(RtnetlinkFormat.RouteInput, (uint)question.Input);
        }
        if (question.Output != 0)
        {
            writer.WriteUInt32(RtnetlinkFormat.RouteOutput, (uint)question.Output);
        }
        writer.EndMessage(message);
    }

    private static void Read(NetlinkMessage message, Answer answer)
    {
        if (message.Type != RtnetlinkFormat.NewRoute)
        {
            return;
        }
        answer.Type = message.Header(RtnetlinkFormat.RouteHeaderLength)[7];
        foreach (var attribute in message.Attributes(RtnetlinkFormat.RouteHeaderLength))
        {
            switch (attribute.Type)
            {
                case RtnetlinkFormat.RouteOutput:
                    answer.Link = attribute.ReadInt32();
                    break;
                case RtnetlinkFormat.RouteGateway:
                    answer.Gateway = InetAddress.FromBytes(attribute.Value);
                    break;
                case RtnetlinkFormat.RoutePreferredSource:
                    answer.PreferredSource = InetAddress.FromBytes(attribute.Value);
                    break;
            }
        }
    }

    private static List<OwnAddress> ReadAddresses(NetlinkConnection connection) => connection.Ask(
        "RTM_GETADDR", 0, static (ref writer, _) => AddressCodec.WriteDump(ref writer), static () => new List<OwnAddress>(),
        static (message, addresses) =>
        {
            if (message.Type != RtnetlinkFormat.NewAddress || !AddressCodec.TryRead(message, out var link, out var address)
                || address.Family != IpFamily.IPv4)
            {
                return;
            }
            var header = message.Header(RtnetlinkFormat.AddressHeaderLength);
            var peer = message.Attributes(RtnetlinkFormat.AddressHeaderLength).Find(RtnetlinkFormat.Address);
            var network = new InetPrefix(peer.Length == 4 ? InetAddress.FromBytes(peer) : address.Address, address.Length).Network;
            var isUsual = (header[2] & RtnetlinkFormat.IsSecondary) == 0 && header[3] == RtnetlinkFormat.ScopeUniverse;
            addresses.Add(new(link, address.Address, network, isUsual));
        });
}
