using NetAgent.Contracts;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Linux;
using NetAgent.Dataplane.Netlink;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Iptables;

[Trait("Category", "Kernel")]
public sealed class RuleStampTests
{
    [Theory]
    [MemberData(nameof(Backend.All), MemberType = typeof(Backend))]
    public void It_stays_while_rules_are_listed_and_differs_after_a_change(string backend, IpFamily family) => NetworkNamespace.Run(() =>
    {
        var tool = Backend.Tool(backend, family);
        using var netfilter = NetlinkConnection.Open(NetlinkProtocol.Netfilter);
        using var counters = new KernelCounters(netfilter, null, Backend.View(tool), () => null, null);
        tool.Restore(RestoreText.Of([new(0, "filter", "INPUT", [], ["-A INPUT -j ACCEPT"], [])]));
        var before = counters.StampRules();
        Assert.NotNull(before);

        tool.Save("filter");
        Assert.Equal(before, counters.StampRules());

        tool.Restore(RestoreText.Of([new(0, "filter", "INPUT", [], ["-D INPUT -j ACCEPT"], [])]));
        Assert.NotEqual(before, counters.StampRules());
    });
}
