using NetAgent.Contracts;
using NetAgent.Dataplane.Arp;
using NetAgent.Dataplane.Netlink;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Arp;

[Trait("Category", "Kernel")]
public sealed class ArpProbeKernelTests
{
    [KernelFact]
    public void Everybody_who_answers_for_an_address_is_reported_and_silence_is_silence() => NetworkNamespace.Run(() =>
    {
        // Two neighbours on a bridge; both hold the service address on a dummy link, one with strict ARP.
        Shell.Script("""
            ip link add br0 type bridge; ip addr add 192.0.2.1/24 dev br0; ip link set br0 up
            for n in a b; do
              ip netns add arp-$n; ip link add v$n type veth peer name eth0 netns arp-$n; ip link set v$n master br0 up
              ip -n arp-$n link set eth0 up; ip -n arp-$n link add kube-ipvs0 type dummy; ip -n arp-$n addr add 192.0.2.100/32 dev kube-ipvs0
            done
            ip -n arp-a addr add 192.0.2.2/24 dev eth0; ip -n arp-b addr add 192.0.2.3/24 dev eth0
            """);
        try
        {
            var a = Mac("arp-a");
            var b = Mac("arp-b");
            Assert.Equal(new[] { a, b }.Order(StringComparer.Ordinal), Ask("192.0.2.100").Order(StringComparer.Ordinal));
            Assert.Equal([a], Ask("192.0.2.2"));
            Assert.Empty(Ask("192.0.2.77"));
            Shell.Run("ip", "netns", "exec", "arp-a", "sysctl", "-qw", "net.ipv4.conf.all.arp_ignore=1");
            Assert.Equal([b], Ask("192.0.2.100"));
            Assert.Equal([a], Ask("192.0.2.2"));
        }
        finally
        {
            Shell.Script("ip netns del arp-a; ip netns del arp-b");
        }
    });

    [KernelFact]
    public void Nobody_learns_a_wrong_neighbour_from_asking() => NetworkNamespace.Run(() =>
    {
        Shell.Script("""
            ip netns add arp-c; ip link add c0 type veth peer name eth0 netns arp-c
            ip link set c0 up; ip addr add 192.0.2.1/24 dev c0; ip addr add 192.0.2.100/32 dev c0
            ip -n arp-c link set eth0 up; ip -n arp-c addr add 192.0.2.2/24 dev eth0
            """);
        try
        {
            // Asking for an address of our own must not announce it.
            new ArpProbe(TimeProvider.System).Ask("c0", [InetAddress.Parse("192.0.2.100")], TimeSpan.FromMilliseconds(300), CancellationToken.None);
            Assert.DoesNotContain("192.0.2.100", Shell.Run("ip", "-n", "arp-c", "neigh"), StringComparison.Ordinal);
        }
        finally
        {
            Shell.Script("ip netns del arp-c");
        }
    });

    [KernelFact]
    public void A_link_that_is_not_there_or_not_ethernet_is_named() => NetworkNamespace.Run(() =>
    {
        var probe = new ArpProbe(TimeProvider.System);
        InetAddress[] target = [InetAddress.Parse("192.0.2.1")];
        var missing = Assert.Throws<KernelException>(() => probe.Ask("na-none", target, TimeSpan.FromSeconds(1), CancellationToken.None));
        Assert.Contains("na-none", missing.Message, StringComparison.Ordinal);
        var loopback = Assert.Throws<KernelException>(() => probe.Ask("lo", target, TimeSpan.FromSeconds(1), CancellationToken.None));
        Assert.Contains("no Ethernet link", loopback.Message, StringComparison.Ordinal);
    });

    private static List<string> Ask(string address)
    {
        var answers = new ArpProbe(TimeProvider.System).Ask("br0", [InetAddress.Parse(address)], TimeSpan.FromSeconds(1), CancellationToken.None);
        return [.. Assert.Single(answers).Macs.Select(m => m.ToString())];
    }

    private static string Mac(string netns) =>
        Shell.Run("ip", "netns", "exec", netns, "cat", "/sys/class/net/eth0/address").Trim().Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();
}
