using NetAgent.Contracts;
using static NetAgent.Ipvs.Tests.Sample;

namespace NetAgent.Ipvs.Tests.Services;

/// <summary>External addresses that another host has.</summary>
public sealed class ForeignAddressTests
{
    private static readonly ForeignAddress NodeTwo = new() { Address = InetAddress.Parse("192.0.2.12"), Owner = "Node node-2", Loss = "its kubelet" };

    [Fact]
    public void An_external_address_of_another_Node_is_said_loudly_and_served_as_by_kube_proxy()
    {
        var proxy = With("", "192.0.2.12");
        var notice = Assert.Single(proxy.Slice.Notices);
        Assert.Equal((Severity.Error, "ForeignAddress", (NamespacedName?)Web), (notice.Severity, notice.Reason, notice.Service));
        Assert.Contains("spec.externalIPs holds 192.0.2.12, which is taken: Node node-2. ", notice.Message);
        Assert.Contains("no longer reaches its kubelet", notice.Message);
        Assert.Equal(["192.0.2.12,tcp:80"], proxy.Members("KUBE-EXTERNAL-IP"));
    }

    [Fact]
    public void The_option_leaves_it_out_and_serves_the_others()
    {
        var proxy = With("excludeForeignAddresses", "192.0.2.12", "203.0.113.5");
        Assert.Equal(["203.0.113.5,tcp:80"], proxy.Members("KUBE-EXTERNAL-IP"));
        Assert.DoesNotContain(proxy.Slice.Addresses.Rows, row => row.Key.Address == NodeTwo.Address);
        Assert.Equal(Severity.Warning, Assert.Single(proxy.Slice.Notices).Severity);
    }

    [Fact]
    public void A_load_balancer_address_of_a_pod_network_is_said()
    {
        var proxy = new Proxy("""{"clusterCIDR": "10.244.0.0/16"}""").Put(LoadBalancer("10.244.7.7"), ThreePods);
        Assert.Contains("status.loadBalancer.ingress holds 10.244.7.7, which is taken: a pod network, 10.244.0.0/16", Assert.Single(proxy.Slice.Notices).Message);
    }

    [Fact]
    public void A_Node_that_comes_later_is_found_and_one_that_goes_is_forgotten()
    {
        var proxy = new Proxy().Put(Service() with { ExternalIPs = [NodeTwo.Address] }, ThreePods);
        Assert.Empty(proxy.Slice.Notices);
        proxy.Observe(RecordedNode.Facts with { ForeignAddresses = [NodeTwo] });
        Assert.Single(proxy.Slice.Notices);
        proxy.Observe(RecordedNode.Facts);
        Assert.Empty(proxy.Slice.Notices);
    }

    [Fact]
    public void An_external_address_that_is_another_Services_cluster_IP_is_said_as_long_as_it_is_so()
    {
        var other = Service("other", "10.96.0.99");
        var proxy = new Proxy().Put(Service() with { ExternalIPs = other.ClusterIPs }, ThreePods);
        Assert.Empty(proxy.Slice.Notices);

        proxy.Put(other);
        var notice = Assert.Single(proxy.Slice.Notices);
        Assert.Equal((Severity.Error, "ForeignAddress", (NamespacedName?)Web), (notice.Severity, notice.Reason, notice.Service));
        Assert.Contains("spec.externalIPs holds 10.96.0.99, which is taken: the cluster IP of Service default/other. On a port that both have only one", notice.Message);

        proxy.Delete("other");
        Assert.Empty(proxy.Slice.Notices);
    }

    private static NamespacedName Web => new("default", "web");

    private static Proxy With(string option, params string[] addresses) =>
        new Proxy(option.Length == 0 ? "{}" : $"{{\"{option}\": true}}").Observe(RecordedNode.Facts with { ForeignAddresses = [NodeTwo] })
            .Put(Service() with { ExternalIPs = addresses.Select(address => InetAddress.Parse(address)).ToEquatableArray() }, ThreePods);
}
