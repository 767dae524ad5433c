using NetAgent.Contracts;
using NetAgent.Plugins.MetallbArp.Configuration;
using NetAgent.Plugins.MetallbArp.Planning;

namespace NetAgent.MetallbArp.Tests;

public sealed class UplinkTests
{
    public static TheoryData<string, LinkFacts, bool> Links() => new()
    {
        { "an address and routes", ArpNode.Eth0, true },
        { "loopback", ArpNode.Lo, false },
        { "NOARP", ArpNode.KubeIpvs0, false },
        { "unnumbered veth", ArpNode.Pod, false },
        { "down", ArpNode.Eth0 with { IsUp = false }, false },
        { "no routes, and no service address in its subnet", ArpNode.Eth0 with { HasRoutes = false, Addresses = [InetPrefix.Parse("198.51.100.1/24")] }, false },
        { "no routes, but a service address in its subnet", ArpNode.Eth0 with { HasRoutes = false }, true },
        { "IPv6 only", ArpNode.Link(2, "eth0", "fd00::1/64"), false },
        { "a VLAN", ArpNode.Link(9, "eth0.100", "198.51.100.1/24") with { Kind = "vlan" }, true },
        { "a bond", ArpNode.Link(9, "bond0", "198.51.100.1/24") with { Kind = "bond" }, true },
        { "a bond's member", ArpNode.Link(9, "eth1") with { MasterIndex = 8 }, false },
        { "a member of a VRF, with an address", ArpNode.Link(9, "eth1", "198.51.100.1/24") with { MasterIndex = 8 }, true },
        { "a node whose own uplink is a veth, as in kind", ArpNode.Eth0 with { Kind = "veth" }, true },
        { "the CNI's bridge", ArpNode.Link(9, "cni0", "10.244.0.1/24") with { Kind = "bridge" }, false },
        { "an uplink bridge", ArpNode.Link(9, "br-ex", "198.51.100.1/24") with { Kind = "bridge" }, true },
        { "Calico's tunnel", ArpNode.Link(9, "vxlan.calico", "10.244.0.0/32") with { Kind = "vxlan" }, false },
        { "docker's bridge", ArpNode.Link(9, "docker0", "172.17.0.1/16"), false },
    };

    [Theory]
    [MemberData(nameof(Links))]
    public void An_uplink_is_up_speaks_ARP_and_has_an_address_with_routes(string what, LinkFacts link, bool isUplink) =>
        Assert.True(isUplink == (Choose(new(), link).Count == 1), what);

    [Fact]
    public void Patterns_add_and_take_away_and_taking_away_is_stronger()
    {
        var settings = new ArpSettings { Include = ["cni*", "lo", "eth1"], Exclude = ["eth*"] };

        Assert.Equal(["cni0"], Choose(settings, ArpNode.Lo, ArpNode.Eth0, ArpNode.Link(7, "eth1"), ArpNode.Link(8, "cni0", "10.244.0.1/24")));
    }

    [Fact]
    public void A_link_once_chosen_stays_while_it_is_down_and_goes_when_it_goes()
    {
        var uplinks = new Uplinks();
        var down = ArpNode.Eth0 with { IsUp = false, HasRoutes = false };

        Assert.Empty(uplinks.Choose([down], new(), new()));
        Assert.Single(uplinks.Choose([ArpNode.Eth0], new(), new()));
        Assert.Single(uplinks.Choose([down], new(), new()));
        Assert.Empty(uplinks.Choose([], new(), new()));
        Assert.Empty(uplinks.Choose([down], new(), new()));
    }

    [Theory]
    [InlineData("1 1 1 1 0 0", true)]
    [InlineData("0 1 1 1 0 0", false)]
    [InlineData("1 0 1 1 0 0", false)]
    [InlineData("1 1 0 1 0 0", false)]
    [InlineData("1 1 1 0 0 0", false)]
    [InlineData("1 1 1 1 1 0", false)]
    [InlineData("1 1 1 1 0 1", false)]
    public void An_unnumbered_veth_is_a_veth_up_with_routes_and_no_address_nor_master(string facts, bool expected)
    {
        var on = facts.Split(' ').Select(f => f == "1").ToArray();
        var link = ArpNode.Link(4, "cali1", on[3] ? [] : ["10.0.0.1/24"]) with
        {
            Kind = on[0] ? "veth" : "",
            IsUp = on[1],
            HasRoutes = on[2],
            MasterIndex = on[4] ? 7 : 0,
            IsNoArp = on[5],
        };

        Assert.Equal(expected, Uplinks.IsUnnumberedVeth(link));
    }

    private static IReadOnlyList<string> Choose(ArpSettings settings, params LinkFacts[] links)
    {
        var exposed = new ExposedAddresses();
        exposed.Update(ArpNode.WithVip("192.0.2.100"), ClusterChange.All);
        return [.. new Uplinks().Choose(links.ToEquatableArray(), settings, exposed).Select(l => l.Name)];
    }
}
