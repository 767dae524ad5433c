using NetAgent.Dataplane.Ipvs;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tests.Reconcile;

namespace NetAgent.Dataplane.Tests.Ipvs;

public sealed class OptionalIpvsTests
{
    private readonly ManualClock _clock = new();
    private int _opened, _loaded;

    [Fact]
    public void While_there_is_none_it_looks_every_five_seconds_and_loads_the_module_once()
    {
        using var ipvs = new OptionalIpvs(_clock, () => { _opened++; return null; }, () => { _loaded++; return "modprobe ip_vs: exit code 1"; });
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(ipvs.Socket);
            Assert.Null(ipvs.Socket);
            _clock.Turn(TimeSpan.FromSeconds(5));
        }
        Assert.Equal(4, _opened);
        Assert.Equal(1, _loaded);
        Assert.Contains("modprobe ip_vs)", ipvs.Problem, StringComparison.Ordinal);
        Assert.Contains("exit code 1", ipvs.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_that_does_not_answer_is_asked_again()
    {
        using var ipvs = new OptionalIpvs(_clock, () => throw new KernelException("CTRL_CMD_GETFAMILY", 1, "Operation not permitted"), () => null);
        Assert.Null(ipvs.Socket);
        Assert.Contains("Operation not permitted", ipvs.Problem, StringComparison.Ordinal);
    }
}
