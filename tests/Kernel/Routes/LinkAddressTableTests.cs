using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Routes;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Routes;

[Trait("Category", "Kernel")]
public class LinkAddressTableTests
{
    private const string Dummy = "kube-ipvs0";

    private static LinkAddress On(string address, AddressBinding binding = AddressBinding.Address, string link = Dummy) =>
        new(new(link, InetAddress.Parse(address)), binding);

    private static LinkAddressTable Open(NetlinkConnection connection)
    {
        Assert.Empty(new DummyLinkTable(connection).Add(new DummyLink(Dummy)));
        return new(connection, [Dummy]);
    }

    private static string LocalRoutes(string family) => Shell.Script($"ip {family} route show table local dev {Dummy} type local");

    [KernelFact]
    public void Addresses_of_both_families_are_as_kube_proxy_makes_them_and_the_link_stays_down() => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        var table = Open(connection);
        LinkAddress[] rows = [On("10.96.0.1"), On("10.96.0.10"), On("fd00:10:96::1")];

        Assert.Empty(table.Add(rows));
        Assert.Empty(table.Add(rows));

        Assert.Equal(rows.ToHashSet(), table.Read().Values.ToHashSet());
        Assert.Equal(
            "inet 10.96.0.1/32 scope global kube-ipvs0\ninet 10.96.0.10/32 scope global kube-ipvs0\ninet6 fd00:10:96::1/128 scope global \n",
            Shell.Script($"ip addr show {Dummy} | grep -o 'inet.*'"));
        Assert.Contains("<BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN", Shell.Run("ip", "link", "show", Dummy));
        // Local although the link is down: that is what lets packets for them reach IPVS.
        Assert.Contains("local 10.96.0.1 ", LocalRoutes("-4"));
        Assert.Contains("local fd00:10:96::1 ", LocalRoutes("-6"));

        Assert.Empty(table.Remove(rows));
        Assert.Empty(table.Remove(rows));
        Assert.Empty(table.Read());
    });

    [KernelFact]
    public void Other_links_addresses_are_neither_read_nor_removed() => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        var table = Open(connection);
        Shell.Script("ip link add nodelocaldns type dummy; ip addr add 169.254.20.10/32 dev nodelocaldns; ip addr add 10.96.0.10/32 dev nodelocaldns");
        table.Add(On("10.96.0.10"));

        Assert.Equal([On("10.96.0.10")], table.Read().Values);
        Assert.Empty(table.Remove(On("10.96.0.10"), On("169.254.20.10")));
        Assert.Contains("10.96.0.10/32", Shell.Run("ip", "addr", "show", "nodelocaldns"));

        table.Links = [Dummy, "nodelocaldns"];
        Assert.Equal(2, table.Read().Count);
    });

    [KernelFact]
    public void Local_routes_of_both_families_stand_in_for_addresses() => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        var table = Open(connection);
        LinkAddress[] rows = [On("10.96.0.1", AddressBinding.Route), On("fd00:10:96::1", AddressBinding.Route)];

        Assert.Empty(table.Add(rows));
        Assert.Empty(table.Add(rows));

        Assert.Equal(rows.ToHashSet(), table.Read().Values.ToHashSet());
        Assert.Equal("", Shell.Script($"ip addr show {Dummy} | grep -o 'inet.*' || true"));
        Assert.Contains("local 10.96.0.1 proto static scope host", LocalRoutes("-4"));
        Assert.Contains("local fd00:10:96::1 proto static", LocalRoutes("-6"));
        Assert.Empty(table.Remove(rows));
        Assert.Empty(table.Remove(rows));
        Assert.Empty(table.Read());
    });

    [KernelTheory]
    [InlineData("10.96.0.1", "-4")]
    [InlineData("fd00:10:96::1", "-6")]
    public void Switching_the_binding_leaves_the_address_local_throughout(string address, string family) => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        var table = Open(connection);
        Assert.Empty(table.Add(On(address)));
        using var journal = new RouteJournal(family);

        Assert.Empty(table.Replace(On(address, AddressBinding.Route)));
        Assert.Equal([On(address, AddressBinding.Route)], table.Read().Values);
        Assert.Contains($"local {address} ", LocalRoutes(family));
        Assert.DoesNotContain("proto kernel", LocalRoutes(family));

        Assert.Empty(table.Replace(On(address)));
        Assert.Equal([On(address)], table.Read().Values);
        Assert.DoesNotContain("proto static", LocalRoutes(family));
        journal.AssertNeverWithout(address);
    });

    [KernelFact]
    public void Routes_outlive_the_last_address_of_their_link() => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        var table = Open(connection);
        Assert.Empty(table.Add(On("10.96.0.1"), On("10.96.0.2", AddressBinding.Route), On("10.96.0.3", AddressBinding.Route)));
        using var journal = new RouteJournal("-4");

        Assert.Empty(table.Remove(On("10.96.0.1"), On("10.96.0.3", AddressBinding.Route)));

        Assert.Equal([On("10.96.0.2", AddressBinding.Route)], table.Read().Values);
        journal.AssertNeverWithout("10.96.0.2");
        Assert.Equal("", Shell.Script("ip route show table local dev lo | grep 10.96 || true"));
    });

    [KernelFact]
    public void An_address_with_another_prefix_length_and_one_bound_twice_are_removed_whole() => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        var table = Open(connection);
        Shell.Script($"""
            ip addr add 10.96.0.1/24 dev {Dummy}; ip -6 addr add fd00::1/64 dev {Dummy}; ip addr add 10.96.5.5/32 dev {Dummy}
            ip route append local 10.96.5.5/32 dev {Dummy} table local proto static
            """);

        Assert.Equal(3, table.Read().Count);
        Assert.Empty(table.Remove([.. table.Read().Values]));

        Assert.Equal("", Shell.Script($"ip addr show {Dummy} | grep -o 'inet.*' || true"));
        Assert.Equal("", LocalRoutes("-4"));
    });

    [KernelFact]
    public void Without_the_link_adding_is_refused_and_removing_succeeds() => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        var table = new LinkAddressTable(connection, [Dummy]);

        var refusal = Assert.Single(table.Add(On("10.96.0.1")));
        Assert.Equal(19, refusal.Errno);
        Assert.Contains("link kube-ipvs0 does not exist", refusal.Reason);
        Assert.Empty(table.Remove(On("10.96.0.1")));
        Assert.Empty(table.Read());
    });

    [KernelFact]
    public void A_refused_address_amid_many_is_named_and_the_others_go_in() => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        var table = Open(connection);
        var rows = Enumerable.Range(1, 150).Select(i => On(i == 80 ? "ff02::1" : $"fd00::{i:x}")).ToArray();

        var refusal = Assert.Single(table.Add(rows));

        Assert.Equal((79, "RTM_NEWADDR"), (refusal.Index, refusal.Operation));
        Assert.Contains("ff02::1 on kube-ipvs0", refusal.Reason);
        Assert.Equal(149, table.Read().Count);
    });

    [KernelTheory]
    [InlineData(AddressBinding.Address, IpFamily.IPv4, 10_000)]
    // The kernel takes ten seconds and more to add 10,000, and a minute to remove them: both are quadratic.
    [InlineData(AddressBinding.Address, IpFamily.IPv6, 2_000)]
    [InlineData(AddressBinding.Route, IpFamily.IPv4, 10_000)]
    [InlineData(AddressBinding.Route, IpFamily.IPv6, 10_000)]
    public void Thousands_of_addresses_go_in_and_read_back(AddressBinding binding, IpFamily family, int count) => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        var table = Open(connection);
        var rows = Enumerable.Range(0, count).Select(i =>
        {
            byte[] v4 = [10, 96, (byte)(i >> 8), (byte)i];
            byte[] v6 = [0xfd, 0, 0, 10, .. new byte[10], (byte)(i >> 8), (byte)i];
            return new LinkAddress(new(Dummy, InetAddress.FromBytes(family == IpFamily.IPv4 ? v4 : v6)), binding);
        }).ToArray();
        var rates = new Rates();

        Assert.Empty(rates.Measure($"add {family} by {binding}", rows.Length, () => table.Add(rows)));
        Assert.Equal(rows.ToHashSet(), rates.Measure($"read {family} by {binding}", rows.Length, table.Read).Values.ToHashSet());
        Assert.Empty(rates.Measure($"remove {family} by {binding}", rows.Length, () => table.Remove(rows)));
        Assert.Empty(table.Read());
        rates.Print();
    });
}
