namespace NetAgent.Contracts.Tests;

public sealed class IpSetEntryTests
{
    [Fact]
    public void An_entry_reads_as_ipset_save_prints_it()
    {
        var address = InetAddress.Parse("10.96.0.1");

        Assert.Equal("S 10.96.0.1", IpSetEntry.ForIp("S", address).ToString());
        Assert.Equal("S 10.96.0.1,tcp:443", IpSetEntry.ForIpPort("S", address, IpProtocol.Tcp, 443).ToString());
        Assert.Equal("S 10.96.0.1,udp:53,10.96.0.1", IpSetEntry.ForIpPortIp("S", address, IpProtocol.Udp, 53, address).ToString());
        Assert.Equal("S 10.96.0.1,tcp:80,10.0.0.0/8", IpSetEntry.ForIpPortNet("S", address, IpProtocol.Tcp, 80, InetPrefix.Parse("10.1.0.0/8")).ToString());
        Assert.Equal("S 30080", IpSetEntry.ForPort("S", 30080).ToString());
    }
}
