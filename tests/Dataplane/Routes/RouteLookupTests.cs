using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Routes;
using NetAgent.TestKit;

namespace NetAgent.Dataplane.Tests.Routes;

/// <summary>A node with two uplinks and a pod, in a network namespace of this machine's own kernel.</summary>
public sealed class RouteLookupTests
{
    private const string Pod = "10.244.1.5";

    [Theory]
    // The default route's uplink; its first address in the gateway's subnet, not its first one.
    [InlineData("8.8.8.8", "up1", "192.0.2.1", "192.0.2.11")]
    // A range behind the other uplink, whose route has a source of its own that MASQUERADE does not heed.
    [InlineData("203.0.113.9", "up2", "198.51.100.1", "198.51.100.12")]
    [InlineData("198.51.100.77", "up2", null, "198.51.100.12")]
    // Where the next hop lies in no subnet of the link: its first primary address.
    [InlineData("100.64.0.9", "up2", "172.31.0.1", "198.51.100.12")]
    public void The_uplink_and_its_address_are_the_kernels_choice(string to, string link, string? gateway, string source) => Run(() =>
    {
        var route = Find(Pod, to);
        Assert.Equal(new()
        {
            Link = link,
            Gateway = gateway is null ? default : InetAddress.Parse(gateway),
            MasqueradeSource = InetAddress.Parse(source),
        }, route);
    });

    [Fact]
    public void A_rule_by_the_pods_source_or_its_interface_counts() => Run(() =>
    {
        Shell.Script($"ip route add default via 198.51.100.1 table 7 && ip rule add from {Pod} table 7");
        Assert.Equal(("up2", "198.51.100.12"), (Find(Pod, "8.8.8.8").Link, Find(Pod, "8.8.8.8").MasqueradeSource.ToString()));
        Assert.Equal("up1", Find("10.244.1.6", "8.8.8.8").Link);
        Shell.Script($"ip rule del from {Pod} table 7 && ip rule add iif pod0 table 7");
        Assert.Equal("up2", Find(Pod, "8.8.8.8").Link);
        // The node's own packets go by neither.
        Assert.Equal("up1", Find("192.0.2.11", "8.8.8.8").Link);
    });

    [Fact]
    public void IPv6_has_the_kernels_choice_for_that_link() => Run(() =>
    {
        Assert.Equal(("up2", "fd00:2::12"), (Find("fd00:1::5", "fd00:99::1").Link, Find("fd00:1::5", "fd00:99::1").MasqueradeSource.ToString()));
    });

    [Fact]
    public void No_way_is_said_as_the_kernel_says_it() => Run(() =>
    {
        Shell.Run("ip", "route", "del", "default");
        var route = Find(Pod, "8.8.8.8");
        Assert.Equal("", route.Link);
        Assert.Contains("unreachable", route.Problem);
    });

    private static RouteFacts Find(string from, string to)
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        return connection.FindRoute(InetAddress.Parse(from), InetAddress.Parse(to));
    }

    private static void Run(Action body)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && Shell.TryRun("unshare", "-n", "true").Code == 0, "needs root and network namespaces");
        NetworkNamespace.Run(() =>
        {
            Shell.Script("""
                set -e
                for i in up1 up2 pod0; do ip link add $i type veth peer name $i-peer; ip link set $i up; ip link set $i-peer up; done
                echo 1 > /proc/sys/net/ipv4/ip_forward
                echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
                for i in all up1 up2 pod0; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done
                ip addr add 192.0.99.11/24 dev up1
                ip addr add 192.0.2.11/24 dev up1
                ip addr add 192.0.2.13/24 dev up1
                ip addr add 198.51.100.12/24 dev up2
                ip addr add 198.51.100.13/24 dev up2
                ip route add 10.244.1.0/24 dev pod0
                ip route add default via 192.0.2.1
                ip route add 203.0.113.0/24 via 198.51.100.1 src 192.0.2.13
                ip route add 100.64.0.0/10 via 172.31.0.1 dev up2 onlink
                ip addr add fd00:2::12/64 dev up2 nodad
                ip route add fd00:1::/64 dev pod0
                ip route add fd00:99::/64 dev up2
                """);
            body();
        });
    }
}
