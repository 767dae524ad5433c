using System.Net.NetworkInformation;
using FsCheck;
using FsCheck.Fluent;
using NetAgent.Contracts;
using NetAgent.Dataplane.Arp;

namespace NetAgent.Dataplane.Tests.Arp;

public sealed class ArpTests
{
    // tcpdump -XX of arping -I eth0 192.0.2.2, without the Ethernet header.
    private const string Request = "0001080006040001025db0a1b2c3c0000201000000000000c0000202";

    [Fact]
    public void A_request_is_these_bytes()
    {
        var packet = new ArpPacket(ArpPacket.Request, PhysicalAddress.Parse("025DB0A1B2C3"), InetAddress.Parse("192.0.2.1"), ArpPacket.NoMac, InetAddress.Parse("192.0.2.2"));
        Assert.Equal(Request, Convert.ToHexStringLower(packet.ToBytes()));
        Assert.Equal(packet, ArpPacket.TryParse(Convert.FromHexString(Request)));
    }

    [Fact]
    public void Anything_received_parses_or_is_passed_over() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(), bytes => ArpPacket.TryParse(bytes) is null || bytes.Length >= ArpPacket.Length));

    [Theory]
    [InlineData("192.0.2.9", "192.0.2.1")]
    [InlineData("198.51.100.9", "198.51.100.1")]
    [InlineData("203.0.113.9", "192.0.2.1")]
    [InlineData("192.0.2.1", "198.51.100.1")]
    public void The_sender_is_the_links_address_in_the_targets_network_and_never_the_target(string target, string sender)
    {
        InetPrefix[] own = [InetPrefix.Parse("192.0.2.1/24"), InetPrefix.Parse("198.51.100.1/24")];
        Assert.Equal(InetAddress.Parse(sender), ArpProbe.SourceFor(InetAddress.Parse(target), own));
    }

    [Fact]
    public void A_link_without_addresses_probes_from_nowhere() => Assert.Equal("0.0.0.0", ArpProbe.SourceFor(InetAddress.Parse("192.0.2.1"), []).ToString());

    [Fact]
    public void Ipv6_is_refused_with_the_reason() => Assert.Contains(
        "not an IPv4 address",
        Assert.Throws<ArgumentException>(() =>
            new ArpProbe(TimeProvider.System).Ask("lo", [InetAddress.Parse("::1")], TimeSpan.Zero, CancellationToken.None)).Message,
        StringComparison.Ordinal);
}
