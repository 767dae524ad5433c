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
    [InlineData("3", "0", "kube-ipvs0", true)]
    [InlineData("8", "0", "eth0", false)]
    public void This_node_answers_for_an_address_as_the_larger_of_both_values_says(string all, string eth0, string holder, bool answers)
    {
        Ignore("all", all);
        Ignore("eth0", eth0);
        Assert.Equal(answers ? ["this node"] : [], new ArpAnswerers(_root.FullName, [(Vip, holder)], []).Of(new(Vip, []), "eth0").Select(a => a.ToString()));
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
        Assert.Equal(["06:00:00:00:00:01 (192.0.2.12)", "06:00:00:00:00:02"], new ArpAnswerers(_root.FullName, [], []).Of(answer, "eth0").Select(a => a.ToString()));
    }

    [Fact]
    public void Others_are_named_by_the_Node_whose_address_the_same_MAC_answers_for()
    {
        var answerers = new ArpAnswerers(_root.FullName, [(InetAddress.Parse("192.0.2.11"), "eth0")], Nodes);
        Assert.Equal([InetAddress.Parse("192.0.2.12")], answerers.NodesOn([InetPrefix.Parse("192.0.2.11/24")]));
        var mac = PhysicalAddress.Parse("060000000001");
        answerers.Learn(new(InetAddress.Parse("192.0.2.12"), [mac]), "eth0");

        var verdict = new ArpVerdict(Vip, "eth0", answerers.Of(new(Vip, [mac, PhysicalAddress.Parse("060000000002")]), "eth0"));
        Assert.Equal(["node-2 (06:00:00:00:00:01, 192.0.2.12)", "06:00:00:00:00:02"], verdict.Answerers.Select(a => a.ToString()));
        Assert.Contains("of node-2, 06:00:00:00:00:02 only the announcer should answer", verdict.Text);
    }

    [Theory]
    [InlineData("0", "kube-ipvs0", "CONFLICT: node-1 (this node) should not answer: arp_ignore is 0 on eth0, and 203.0.113.7 is on kube-ipvs0 (plugin metallb-arp, mode all or interfaces)", 2)]
    [InlineData("0", "eth0", "ok", 0)]
    [InlineData("1", "kube-ipvs0", "nobody announces it here", 2)]
    public void This_node_is_at_fault_when_only_its_settings_make_it_answer_even_alone(string ignore, string holder, string text, int exitCode)
    {
        Ignore("all", ignore);
        var answerers = new ArpAnswerers(_root.FullName, [(InetAddress.Parse("192.0.2.11"), "eth0"), (Vip, holder)], Nodes);
        var verdict = new ArpVerdict(Vip, "eth0", answerers.Of(new(Vip, []), "eth0"));

        Assert.Equal((text, exitCode), (verdict.Text, CheckArpCommand.ExitCodeOf([verdict], [Vip])));
    }

    [Fact]
    public void Verdicts_are_JSON_for_programs()
    {
        using var output = new StringWriter();
        CheckArpCommand.Write([new(Vip, "eth0", [new("node-1", null, "", "arp_ignore is 0 on eth0"), new(null, "06:00:00:00:00:02", "", null)])], asJson: true, output);
        using var json = System.Text.Json.JsonDocument.Parse(output.ToString());
        var verdict = Assert.Single(json.RootElement.EnumerateArray());
        Assert.True(verdict.GetProperty("conflict").GetBoolean());
        Assert.Equal(["node-1", null], verdict.GetProperty("answeredBy").EnumerateArray().Select(a => a.GetProperty("node").GetString()));
    }

    private static readonly Node[] Nodes =
    [
        new() { Name = "node-1", Addresses = [InetAddress.Parse("192.0.2.11")] },
        new() { Name = "node-2", Addresses = [InetAddress.Parse("192.0.2.12")] },
        new() { Name = "far", Addresses = [InetAddress.Parse("198.51.100.1")] },
    ];

    private void Ignore(string link, string value)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root.FullName, "proc/sys/net/ipv4/conf", link));
        File.WriteAllText(Path.Combine(folder.FullName, "arp_ignore"), value + "\n");
    }
}
