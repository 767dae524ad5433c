using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Host.Tests.Configuration.Shared;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("0s", 0L)]
    [InlineData("-0", 0L)]
    [InlineData("60s", 600_000_000L)]
    [InlineData("1m30s", 900_000_000L)]
    [InlineData("1.5h", 54_000_000_000L)]
    [InlineData("24h0m0s", 864_000_000_000L)]
    [InlineData("1m1ms", 600_010_000L)]
    [InlineData("+2ms", 20_000L)]
    [InlineData("100µs", 1_000L)]
    [InlineData("100μs", 1_000L)]
    [InlineData("100us", 1_000L)]
    [InlineData("100ns", 1L)]
    [InlineData("0.3s", 3_000_000L)]
    [InlineData(".5s", 5_000_000L)]
    [InlineData("5.s", 50_000_000L)]
    [InlineData("-1h", -36_000_000_000L)]
    [InlineData("1s1s", 20_000_000L)]
    [InlineData("2562047h", 92_233_692_000_000_000L)]
    public void Durations_are_read_as_Go_reads_them(string text, long ticks)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(ticks, duration.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData("-")]
    [InlineData("5 s")]
    [InlineData("1s 2s")]
    [InlineData("1d")]
    [InlineData("5S")]
    [InlineData("1M")]
    [InlineData("30sec")]
    [InlineData("--5s")]
    [InlineData("1s-")]
    [InlineData("1..5s")]
    [InlineData("1.2.3s")]
    [InlineData("٣s")]
    [InlineData("2562048h")]
    [InlineData("99999999999999999999s")]
    public void What_Go_refuses_is_refused(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Theory]
    [InlineData("1m")]
    [InlineData("24h")]
    [InlineData("1h30m15.5s")]
    [InlineData("250ms")]
    [InlineData("0s")]
    [InlineData("-1m30s")]
    public void Durations_are_written_as_they_would_be_read(string text)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(text, GoDuration.ToText(duration));
    }
}
