using NetAgent.Host.Loop;
using NetAgent.Host.Tests.Fakes;
using NetAgent.Host.Timing;

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

    [Theory]
    [InlineData(30, 1, 2000)]
    [InlineData(30, 27, 1000)]
    [InlineData(30, 270, 100)]
    [InlineData(30, 100_000, 50)]
    public void Probes_come_often_enough_to_look_at_everything_within_a_period(int period, int aRound, int milliseconds)
    {
        var time = new ManualTime();
        var timer = new VerifyTimer(time);
        Assert.False(timer.IsProbeDue, "before the kernel was read");
        timer.Verified(TimeSpan.FromSeconds(period));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(timer.IsProbeDue);

        timer.Probed(aRound);

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), timer.NextProbe - time.GetSteadyNow());
    }

    [Fact]
    public void A_clock_that_is_set_back_delays_nothing_and_one_set_forward_hastens_nothing()
    {
        var time = new ManualTime();
        var timer = new VerifyTimer(time);
        timer.Verified(TimeSpan.FromSeconds(30));
        var due = timer.NextDue - time.GetSteadyNow();

        foreach (var hours in (int[])[-2, 5])
        {
            time.Set(time.GetUtcNow() + TimeSpan.FromHours(hours));
            Assert.Equal(due, timer.NextDue - time.GetSteadyNow());
            Assert.False(timer.IsProbeDue);
        }
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(timer.IsProbeDue);
    }
}
