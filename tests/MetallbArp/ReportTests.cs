using NetAgent.Contracts;
using NetAgent.Plugins.MetallbArp.Planning;

namespace NetAgent.MetallbArp.Tests;

public sealed class ReportTests
{
    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(0, 1, true)]
    [InlineData(0, 2, true)]
    [InlineData(0, 3, false)]
    [InlineData(0, 4, false)]
    [InlineData(0, 8, false)]
    [InlineData(0, 9, false)]
    [InlineData(0, -1, false)]
    [InlineData(1, 0, true)]
    [InlineData(1, -1, true)]
    [InlineData(1, 3, false)]
    [InlineData(3, 1, false)]
    public void Observing_judges_the_larger_of_all_and_interface(int onAll, int own, bool isRight)
    {
        var node = ArpNode.Create("""{"mode": "observe"}""", ArpNode.Eth0);
        ArpNode.Set(node, "all", "arp_announce", 2);
        ArpNode.Set(node, "all", "arp_ignore", onAll);
        ArpNode.Set(node, "eth0", "arp_ignore", own);
        node.Step();

        Assert.Equal(isRight, node.Slice.Notices.Count == 0);
        Assert.Equal(!isRight, node.Notice("ArpAnswersForServices")?.Message.Contains($"eth0: arp_ignore is effectively {Math.Max(onAll, own)} (conf/all {onAll}, own {own})") ?? false);
        Assert.Equal(isRight ? 0 : 1, node.Slice.Gauges.Single(g => g.Name == "netagent_arp_exposed_service_addresses").Value);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void Only_two_is_right_for_announcing(int value, bool isRight)
    {
        var node = ArpNode.Create("""{"mode": "observe"}""", ArpNode.Eth0);
        ArpNode.Set(node, "all", "arp_ignore", 1);
        ArpNode.Set(node, "eth0", "arp_announce", value);
        node.Step();

        Assert.Equal(isRight, node.Notice("ArpAnnouncesServices") is null);
    }

    [Fact]
    public void Observing_without_service_addresses_says_that_nothing_is_needed()
    {
        var node = ArpNode.Create("""{"mode": "observe"}""");
        node.Cluster = ClusterState.Empty;
        node.Step();

        Assert.Equal(Severity.Information, node.Notice("ArpNotNeeded")!.Severity);
        Assert.Contains("no Service has an external IPv4 address yet", node.Notice("ArpAnswersForServices")!.Message);
    }

    [Fact]
    public void Gauges_tell_wanted_and_effective_of_each_uplink()
    {
        var node = ArpNode.Create("""{"mode": "interfaces"}""");
        node.Step();
        node.Step();

        Assert.Equal(
            ["netagent_arp_ignore_effective eth0 1", "netagent_arp_ignore_wanted eth0 1", "netagent_arp_announce_effective eth0 2", "netagent_arp_announce_wanted eth0 2"],
            node.Slice.Gauges.Where(g => !g.Labels.IsEmpty).Select(g => $"{g.Name} {g.Labels.Find("interface")} {g.Value}"));
    }

    [Fact]
    public void Pod_links_without_address_are_warned_of_in_one_word_that_does_not_change_with_every_pod()
    {
        var node = ArpNode.Create("""{"mode": "all"}""");
        node.Step();
        var first = node.Notice("ArpUnnumberedLinks")!;
        Assert.Contains("cali12345", first.Message);
        Assert.Contains("71555", first.Message);

        ArpNode.SetLinks(node, ArpNode.Eth0, ArpNode.Pod with { Index = 50, Name = "cali99" });
        node.Step();
        Assert.Equal(first, node.Notice("ArpUnnumberedLinks"));

        ArpNode.SetLinks(node, ArpNode.Eth0);
        node.Step();
        Assert.Null(node.Notice("ArpUnnumberedLinks"));
    }

    [Fact]
    public void A_strict_conf_all_left_by_somebody_else_is_pointed_out_in_mode_interfaces()
    {
        var node = ArpNode.Create("""{"mode": "interfaces"}""");
        ArpNode.Set(node, "all", "arp_ignore", 1);
        node.Step();
        node.Step(TimeSpan.FromMinutes(1));

        Assert.Contains("This plugin did not set it", node.Notice("ArpUnnumberedLinks")!.Message);
    }

    [Fact]
    public void Service_addresses_are_external_ones_of_IPv4_that_the_node_would_hold()
    {
        var service = new Service
        {
            Name = new("a", "b"),
            ClusterIPs = [InetAddress.Parse("10.96.0.9")],
            ExternalIPs = [InetAddress.Parse("192.0.2.50"), InetAddress.Parse("fd00::50")],
            LoadBalancerIngress = [new(InetAddress.Parse("192.0.2.51"), false), new(InetAddress.Parse("192.0.2.52"), true)],
        };

        Assert.Equal("192.0.2.50, 192.0.2.51", Shown(service));
        Assert.Equal("", Shown(service with { ProxyName = "other" }));
        Assert.Equal("", Shown(service with { IsHeadless = true }));
    }

    [Fact]
    public void Addresses_follow_services_change_by_change()
    {
        var addresses = new ExposedAddresses();
        var cluster = ArpNode.WithVip("192.0.2.1", "192.0.2.2");
        Assert.True(addresses.Update(cluster, ClusterChange.All));
        Assert.False(addresses.Update(cluster, ClusterChange.All));

        var name = new NamespacedName("default", "web-192.0.2.2");
        var twin = new Service { Name = new("default", "twin"), ExternalIPs = [InetAddress.Parse("192.0.2.1")] };
        cluster = cluster with { Services = cluster.Services.Remove(name).Add(twin.Name, new(twin, default)) };
        Assert.True(addresses.Update(cluster, new() { Services = [name, twin.Name] }));
        Assert.Equal("192.0.2.1", addresses.Shown());

        cluster = cluster with { Services = cluster.Services.Remove(twin.Name) };
        Assert.False(addresses.Update(cluster, new() { Services = [twin.Name] }));
        Assert.Equal(1, addresses.Count);
    }

    [Fact]
    public void A_change_of_services_without_external_addresses_costs_no_look_at_links()
    {
        var node = ArpNode.Create("""{"mode": "all"}""");
        node.Step();
        node.Slice.Remove("arp");
        var plain = new Service { Name = new("default", "plain"), ClusterIPs = [InetAddress.Parse("10.96.0.9")] };
        node.Cluster = node.Cluster with { Services = node.Cluster.Services.Add(plain.Name, new(plain, default)) };
        node.Step(change: new() { Services = [plain.Name] });

        Assert.Empty(node.Slice.Scopes);
    }

    private static string Shown(Service service)
    {
        var addresses = new ExposedAddresses();
        addresses.Update(ClusterState.Empty with { Services = ClusterState.Empty.Services.Add(service.Name, new(service, default)) }, ClusterChange.All);
        return addresses.Shown();
    }
}
