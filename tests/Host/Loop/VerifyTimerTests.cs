using NetAgent.Host.Loop;

namespace NetAgent.Host.Tests.Loop;

public sealed class VerifyTimerTests
{
    [Theory]
    [InlineData("the agent's own period counts when nobody asks for less", 60, null, 60)]
    [InlineData("kube-proxy's syncPeriod shortens it", 60, 30, 30)]
    [InlineData("a plugin cannot lengthen it", 60, 90, 60)]
    [InlineData("a plugin cannot make reading all that is done", 60, 1, 5)]
    [InlineData("the agent's own may be shorter than that", 2, 1, 2)]
    public void The_kernel_is_read_back_as_often_as_somebody_asks(string because, int agent, int? plugin, int seconds) => Assert.True(
        TimeSpan.FromSeconds(seconds) == VerifyTimer.Shortest(
            TimeSpan.FromSeconds(agent), [null, plugin is { } p ? TimeSpan.FromSeconds(p) : null]), because);
}
