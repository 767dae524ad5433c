using NetAgent.Plugins.Ipvs.Configuration;

namespace NetAgent.Ipvs.Tests.Configuration;

/// <summary>Durations as Go reads them.</summary>
public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("30s", 30)]
    [InlineData("1m30s", 90)]
    [InlineData("1.5h", 5400)]
    [InlineData("24h0m0s", 86400)]
    [InlineData("500ms", 0.5)]
    [InlineData("1m1ms", 60.001)]
    [InlineData("250us", 0.00025)]
    [InlineData("250µs", 0.00025)]
    [InlineData("100ns", 0.0000001)]
    [InlineData("-15s", -15)]
    [InlineData("+15s", 15)]
    [InlineData(".5s", 0.5)]
    public void Good_ones(string text, double seconds)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(seconds, duration.TotalSeconds, precision: 7);
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("30 s")]
    [InlineData("30sec")]
    [InlineData("1d")]
    [InlineData("1..5s")]
    [InlineData(".s")]
    [InlineData("--1s")]
    [InlineData("1s-")]
    [InlineData("9999999999h")]
    [InlineData("1M")]
    public void Bad_ones(string text) => Assert.False(GoDuration.TryParse(text, out _));
}
