using System.Net;
using NetAgent.Dataplane.Ipvs;

namespace NetAgent.Dataplane.Tests.Ipvs;

public sealed class ServedAddressesTests
{
    // cat /proc/net/ip_vs of Linux 6.1, after: ipvsadm -A -t 10.96.0.1:443 -s rr; -A -u 10.96.0.10:53; -A -t [fd00:10:96::1]:443; -A -f 7
    private const string Table = """
        IP Virtual Server version 1.2.1 (size=4096)
        Prot LocalAddress:Port Scheduler Flags
          -> RemoteAddress:Port Forward Weight ActiveConn InActConn
        TCP  0A600001:01BB rr 
          -> C0000201:192B      Masq    1      0          0         
        UDP  0A60000A:0035 rr 
        TCP  [fd00:0010:0096:0000:0000:0000:0000:0001]:01BB rr 
        FWM  00000007 rr 

        """;

    [Theory]
    [InlineData("10.96.0.1:443", true)]
    [InlineData("10.96.0.1:444", false)]
    [InlineData("10.96.0.10:53", false)]
    [InlineData("192.0.2.1:6443", false)]
    [InlineData("[fd00:10:96::1]:443", true)]
    [InlineData("[fd00:10:96::2]:443", false)]
    public void A_virtual_server_is_found_in_the_kernels_table(string address, bool isThere)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, Table);
        Assert.Equal(isThere, ServedAddresses.HasTcp(IPEndPoint.Parse(address), file));
        File.Delete(file);
        Assert.False(ServedAddresses.HasTcp(IPEndPoint.Parse(address), file));
    }
}
