using NetAgent.Contracts;
using NetAgent.Host.Loop;

namespace NetAgent.Host.Tests.Loop;

public sealed class ConntrackPaceTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    // 10,000 a second: full in five seconds.
    [InlineData(5_000, 15_000, 65_536, 0.25)]
    // 100 a second: full in nine minutes.
    [InlineData(5_000, 5_100, 65_536, 1)]
    [InlineData(60_000, 50_000, 65_536, 1)]
    // Full and still is no rise: it is for the plugin to say what to do.
    [InlineData(65_536, 65_536, 65_536, 1)]
    // No limit cannot be reached.
    [InlineData(5_000, 15_000, 0, 1)]
    public void A_table_that_fills_is_looked_at_more_often(long before, long now, long max, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), ConntrackPace.Next(Table(before, max), Table(now, max), Second, Second));

    [Fact]
    public void A_first_sample_tells_no_speed() => Assert.Equal(Second, ConntrackPace.Next(null, Table(60_000, 65_536), Second, Second));

    private static ConntrackFacts Table(long count, long max) => new() { Count = count, Max = max, Buckets = 16384 };
}
