using NetAgent.Contracts;
using static NetAgent.Ipvs.Tests.Sample;

namespace NetAgent.Ipvs.Tests.Services;

/// <summary>The scheduler of the configuration, the Service's own, and what happens when the kernel has neither.</summary>
public sealed class SchedulerTests
{
    private const string Annotated = "netagent.io/scheduler";

    [Theory]
    [InlineData("{}", "rr")]
    [InlineData("""{"ipvs": {"scheduler": ""}}""", "rr")]
    [InlineData("""{"ipvs": {"scheduler": "wrr"}}""", "wrr")]
    [InlineData("""{"ipvs": {"scheduler": "sed"}}""", "sed")]
    public void The_configured_scheduler_serves_all(string configuration, string scheduler) =>
        Assert.All(new Proxy(configuration).Put(NodePort(), ThreePods).Slice.VirtualServers.Rows, row => Assert.Equal((scheduler, VirtualServerFlags.None), (row.Scheduler, row.Flags)));

    [Fact]
    public void Maglev_hashes_the_source_port_too()
    {
        var proxy = new Proxy("""{"ipvs": {"scheduler": "mh"}}""").Put(Service() with { SessionAffinitySeconds = 10 }, ThreePods);
        var row = Assert.Single(proxy.Slice.VirtualServers.Rows);
        Assert.Equal(VirtualServerFlags.Persistent | VirtualServerFlags.MhPort, row.Flags);
    }

    [Fact]
    public void A_Service_may_choose_its_own()
    {
        var proxy = new Proxy().Put(Service() with { Annotations = Annotation(Annotated, "mh") }, ThreePods)
            .Put(Service("other", "10.96.10.2"), ThreePods);
        Assert.Equal([("10.96.10.1", "mh", VirtualServerFlags.MhPort), ("10.96.10.2", "rr", VirtualServerFlags.None)],
            proxy.Slice.VirtualServers.Rows.OrderBy(row => row.Key.Address).Select(row => ($"{row.Key.Address}", row.Scheduler, row.Flags)));
        Assert.Empty(proxy.Slice.Notices);
    }

    [Theory]
    [InlineData("best")]
    [InlineData("")]
    public void A_Service_that_asks_for_the_impossible_is_told_and_served_like_the_others(string wanted)
    {
        var proxy = new Proxy("""{"ipvs": {"scheduler": "lc"}}""").Put(Service() with { Annotations = Annotation(Annotated, wanted) }, ThreePods);
        Assert.Equal("lc", Assert.Single(proxy.Slice.VirtualServers.Rows).Scheduler);
        var notice = Assert.Single(proxy.Slice.Notices);
        Assert.Equal((Severity.Warning, "UnknownScheduler"), (notice.Severity, notice.Reason));
        Assert.Contains("default/web", notice.Message);
        Assert.Contains(wanted.Length == 0 ? "name one of these" : "load the module ip_vs_best", notice.Message);
    }

    [Fact]
    public void An_unknown_scheduler_in_the_configuration_is_an_error_and_rr_serves()
    {
        var proxy = new Proxy("""{"ipvs": {"scheduler": "wombat"}}""").Put(Service(), ThreePods);
        Assert.Equal("rr", Assert.Single(proxy.Slice.VirtualServers.Rows).Scheduler);
        var notice = Assert.Single(proxy.Slice.Notices);
        Assert.Equal(Severity.Error, notice.Severity);
        Assert.Contains("wombat", notice.Message);
        Assert.Contains("ip_vs_wombat", notice.Message);
    }

    [Fact]
    public void The_probe_that_finds_the_scheduler_after_all_brings_it_back()
    {
        var proxy = new Proxy("""{"ipvs": {"scheduler": "wombat"}}""").Put(Service(), ThreePods);
        proxy.Observe(RecordedNode.Facts with { IpvsSchedulers = ["rr", "wombat"] });
        Assert.Equal("wombat", Assert.Single(proxy.Slice.VirtualServers.Rows).Scheduler);
        Assert.Empty(proxy.Slice.Notices);
    }

    [Fact]
    public void Until_the_kernel_was_probed_the_configuration_is_believed()
    {
        var proxy = new Proxy("""{"ipvs": {"scheduler": "wombat"}}""").Observe(RecordedNode.Facts with { IpvsSchedulers = null }).Put(Service(), ThreePods);
        Assert.Equal("wombat", Assert.Single(proxy.Slice.VirtualServers.Rows).Scheduler);
    }
}
