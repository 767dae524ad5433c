using NetAgent.Contracts;
using NetAgent.Dataplane.Arp;
using NetAgent.TestKit;

namespace NetAgent.Dataplane.Tests.Arp;

public sealed class ArpLinkTests
{
    [Theory]
    [InlineData("eth0", 0, "192.0.2.11/24", true)]
    [InlineData("br0", 0, "192.0.2.11/24", true)]
    // A port of a bridge or bond, even with an address left on it.
    [InlineData("eth1", 5, "192.0.2.12/24", false)]
    [InlineData("eth2", 0, "fe80::1/64", false)]
    [InlineData("veth1234", 0, "169.254.1.1/32", false)]
    [InlineData("cali1234", 0, "169.254.1.1/32", false)]
    public void Links_that_face_neighbours_are_asked_on(string name, int master, string address, bool isUplink) =>
        Assert.Equal(isUplink, ArpLinks.IsUplink(new()
        {
            Index = 2,
            Name = name,
            Kind = "",
            IsUp = true,
            MasterIndex = master,
            Addresses = [InetPrefix.Parse(address)],
            HasRoutes = true,
        }));

    [Fact]
    public void A_bridge_is_asked_on_and_its_ports_are_not()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && Shell.TryRun("unshare", "-n", "true").Code == 0, "needs root and network namespaces");
        NetworkNamespace.Run(() =>
        {
            Assert.SkipUnless(Shell.TryRun("ip", "link", "add", "br0", "type", "bridge").Code == 0, "needs bridges");
            Shell.Script("""
                set -e
                ip link add port0 type veth peer name outside
                ip link set port0 master br0
                for i in br0 port0 outside; do ip link set $i up; done
                ip addr add 192.0.2.11/24 dev br0
                ip addr add 192.0.2.12/24 dev port0
                """);
            Assert.Equal(["br0"], ArpLinks.Uplinks());
        });
    }
}
