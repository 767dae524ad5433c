using FsCheck;
using FsCheck.Fluent;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Routes;

namespace NetAgent.Dataplane.Tests.Routes;

public class RtnetlinkCodecTests
{
    private const int KubeIpvs0 = 2;

    [Fact]
    public void A_link_is_read_as_the_kernel_sends_it()
    {
        var message = First(CapturedBytes.Read("Routes/link.hex"));

        var link = LinkCodec.Read(message);

        Assert.Equal((KubeIpvs0, "kube-ipvs0", "dummy", 0), (link.Index, link.Name, link.Kind, link.MasterIndex));
        Assert.Equal(RtnetlinkFormat.IsNoArp, link.Flags & (RtnetlinkFormat.IsUp | RtnetlinkFormat.IsLoopback | RtnetlinkFormat.IsNoArp));
    }

    [Fact]
    public void An_address_is_read_as_the_kernel_sends_it()
    {
        Assert.True(AddressCodec.TryRead(First(CapturedBytes.Read("Routes/address.hex")), out var link, out var address));

        Assert.Equal((KubeIpvs0, InetPrefix.Parse("10.96.0.1/32")), (link, address));
    }

    [Fact]
    public void A_local_route_is_read_as_the_kernel_sends_it()
    {
        Assert.True(RouteCodec.TryRead(First(CapturedBytes.Read("Routes/route.hex")), out var route));

        Assert.Equal(new Route(InetPrefix.Parse("10.96.0.9/32"), 255, RtnetlinkFormat.ByAdministrator, RtnetlinkFormat.TypeLocal, KubeIpvs0), route);
    }

    [Fact]
    public void A_route_with_several_next_hops_tells_all_its_links()
    {
        // rtmsg of 0.0.0.0/0 with RTA_MULTIPATH of two rtnexthop, the first with an RTA_GATEWAY of its own.
        var payload = Convert.FromHexString("020000000003000100000000" + "1c000900" + "1000000003000000" + "08000500c0000201" + "0800000004000000");
        var links = new List<int>();

        Assert.True(RouteCodec.TryRead(First(Netlink.ScriptedTransport.Message(RtnetlinkFormat.NewRoute, 0, 1, payload)), out var route, links));

        Assert.Equal((3, 0), (route.LinkIndex, route.Destination.Length));
        Assert.Equal([3, 4], links);
    }

    [Fact]
    public void Every_address_and_local_route_reads_back_as_written() => Prop.ForAll(
        Generators.Address.ToArbitrary(),
        address =>
        {
            var writer = new NetlinkWriter(64);
            AddressCodec.WriteNew(ref writer, 7, address);
            var first = writer.Written.ToArray();
            writer.Dispose();
            writer = new NetlinkWriter(64);
            RouteCodec.WriteNewLocal(ref writer, 7, address);
            var second = writer.Written.ToArray();
            writer.Dispose();
            return AddressCodec.TryRead(First(first), out var link, out var read) && (link, read) == (7, InetPrefix.Host(address))
                && RouteCodec.TryRead(First(second), out var route)
                && route == new Route(InetPrefix.Host(address), 255, RtnetlinkFormat.ByAdministrator, RtnetlinkFormat.TypeLocal, 7);
        }).QuickCheckThrowOnFailure();

    private static NetlinkMessage First(byte[] datagram)
    {
        foreach (var message in new NetlinkMessages(datagram))
        {
            return message;
        }
        throw new InvalidOperationException("no message");
    }
}
