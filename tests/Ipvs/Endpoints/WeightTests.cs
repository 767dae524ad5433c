using NetAgent.Contracts;
using static NetAgent.Ipvs.Tests.Sample;

namespace NetAgent.Ipvs.Tests.Endpoints;

/// <summary>Weights from annotations: the slice's, then local, then zone, else 1.</summary>
public sealed class WeightTests
{
    private const string Cluster = "10.96.10.1:80/TCP";
    private const string Slices = "netagent.io/weight";
    private const string LocalKey = "netagent.io/local-weight";
    private const string Zone = "netagent.io/zone-weight";

    [Fact]
    public void Without_annotations_every_weight_is_one() =>
        Assert.All(new Proxy().Put(Service(), ThreePods).Slice.RealServers.Rows, row => Assert.Equal(1, row.Weight));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("65535", 65535)]
    public void A_slice_gives_its_endpoints_a_weight(string text, int weight)
    {
        var proxy = new Proxy().Put(Service(), Slice("web-a", Endpoint("10.244.2.11")) with { Annotations = Annotation(Slices, text) },
            Slice("web-b", Endpoint("10.244.2.12")));
        Assert.Equal(weight, proxy.Weight(Cluster, "10.244.2.11"));
        Assert.Equal(1, proxy.Weight(Cluster, "10.244.2.12"));
    }

    [Fact]
    public void Local_and_zone_weights_follow_where_the_endpoint_is()
    {
        var service = Service() with { Annotations = [new Label(LocalKey, "100"), new Label(Zone, "10")] };
        var proxy = new Proxy().Put(service, Local(), Endpoint("10.244.3.11", "node-3", "zone-a"), Endpoint("10.244.2.11"), Endpoint("10.244.4.1", null, null));
        Assert.Equal([100, 10, 1, 1], new[] { "10.244.1.10", "10.244.3.11", "10.244.2.11", "10.244.4.1" }.Select(ip => proxy.Weight(Cluster, ip)));
    }

    [Fact]
    public void A_local_endpoint_is_in_the_zone_too()
    {
        var proxy = new Proxy().Put(Service() with { Annotations = Annotation(Zone, "10") }, Local());
        Assert.Equal(10, proxy.Weight(Cluster, "10.244.1.10"));
    }

    [Fact]
    public void The_slices_weight_comes_before_the_Services()
    {
        var proxy = new Proxy().Put(Service() with { Annotations = Annotation(LocalKey, "100") }, Slice("web-a", Local()) with { Annotations = Annotation(Slices, "3") });
        Assert.Equal(3, proxy.Weight(Cluster, "10.244.1.10"));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("65536")]
    [InlineData("1.5")]
    [InlineData("many")]
    [InlineData("")]
    [InlineData(" 5")]
    public void A_bad_weight_is_named_and_taken_as_one(string text)
    {
        var service = Service() with { Annotations = [new Label(LocalKey, text), new Label(Zone, "10")] };
        var proxy = new Proxy().Put(service, Slice("web-a", Local()), Slice("web-b", Endpoint("10.244.2.11")) with { Annotations = Annotation(Slices, text) });
        Assert.Equal(1, proxy.Weight(Cluster, "10.244.1.10"));
        Assert.Equal(1, proxy.Weight(Cluster, "10.244.2.11"));
        Assert.Contains(proxy.Slice.Notices, notice => notice.Service == service.Name && notice.Message.Contains(LocalKey) && notice.Message.Contains($"\"{text}\""));
        Assert.Contains(proxy.Slice.Notices, notice => notice.Service == service.Name && notice.Message.Contains("EndpointSlice default/web-b"));
    }

    [Fact]
    public void The_notice_goes_with_the_mistake()
    {
        var proxy = new Proxy().Put(Service() with { Annotations = Annotation(Zone, "x") }, ThreePods);
        Assert.Single(proxy.Slice.Notices);
        proxy.Put(Service(), ThreePods);
        Assert.Empty(proxy.Slice.Notices);
    }
}
