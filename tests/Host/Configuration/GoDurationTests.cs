using NetAgent.Host.Configuration;

namespace NetAgent.Host.Tests.Configuration;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("250ms", 250)]
    [InlineData("1.5s", 1500)]
    [InlineData("1h2m3s", 3_723_000)]
    [InlineData("1500us", 1.5)]
    public void Durations_are_read_as_Go_reads_them(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1d")]
    [InlineData("1s 2s")]
    [InlineData("1.2.3s")]
    [InlineData("99999999999h")]
    public void What_Go_refuses_is_refused(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Theory]
    [InlineData("1m")]
    [InlineData("24h")]
    [InlineData("1h30m15.5s")]
    [InlineData("250ms")]
    [InlineData("0s")]
    public void Durations_are_written_as_they_would_be_read(string text)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(text, GoDuration.ToText(duration));
    }
}
