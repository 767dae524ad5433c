using System.Net.NetworkInformation;
using NetAgent.Contracts;
using NetAgent.Dataplane.Arp;
using NetAgent.Host.Commands;

namespace NetAgent.Host.Tests.Commands;

public sealed class ArpAnswerersTests : IDisposable
{
    private static readonly InetAddress Vip = InetAddress.Parse("203.0.113.7");
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("netagent-arp-");

    public void Dispose() => _root.Delete(recursive: true);

    [Theory]
    [InlineData("0", "0", "kube-ipvs0", true)]
    [InlineData("1", "0", "kube-ipvs0", false)]
    [InlineData("0", "2", "kube-ipvs0", false)]
    [InlineData("1", "0", "eth0", true)]
    [InlineData("8", "0", "eth0", false)]
    public void This_node_answers_for_an_address_as_the_larger_of_both_values_says(string all, string eth0, string holder, bool answers)
    {
        Ignore("all", all);
        Ignore("eth0", eth0);
        Assert.Equal(answers ? ["this node"] : [], new ArpAnswerers(_root.FullName, [(Vip, holder)]).Of(new(Vip, []), "eth0"));
    }

    [Fact]
    public void Others_are_named_by_the_addresses_that_the_neighbour_table_has_for_them()
    {
        Directory.CreateDirectory(Path.Combine(_root.FullName, "proc/net"));
        File.WriteAllText(Path.Combine(_root.FullName, "proc/net/arp"), """
            IP address       HW type     Flags       HW address            Mask     Device
            192.0.2.12       0x1         0x2         06:00:00:00:00:01     *        eth0
            192.0.2.13       0x1         0x2         06:00:00:00:00:02     *        eth1
            """);
        var answer = new ArpAnswer(Vip, [PhysicalAddress.Parse("060000000001"), PhysicalAddress.Parse("060000000002")]);
        Assert.Equal(["06:00:00:00:00:01 (192.0.2.12)", "06:00:00:00:00:02"], new ArpAnswerers(_root.FullName, []).Of(answer, "eth0"));
    }

    private void Ignore(string link, string value)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root.FullName, "proc/sys/net/ipv4/conf", link));
        File.WriteAllText(Path.Combine(folder.FullName, "arp_ignore"), value + "\n");
    }
}
