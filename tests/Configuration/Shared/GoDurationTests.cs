using System.Text.RegularExpressions;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Configuration.Tests.Shared;

public sealed partial class GoDurationTests
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
    [InlineData("100ns")]
    [InlineData("1.5us")]
    public void Durations_are_written_as_they_would_be_read(string text)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(text, GoDuration.ToText(duration));
    }

    [Fact]
    public void Every_duration_is_read_back_as_it_was()
    {
        var random = new Random(7);
        for (var round = 0; round < 50_000; round++)
        {
            var duration = TimeSpan.FromTicks((random.NextInt64(long.MaxValue / 100) >> random.Next(56)) * (random.Next(2) == 0 ? 1 : -1));
            Assert.True(GoDuration.TryParse(GoDuration.ToText(duration), out var read));
            Assert.Equal(duration, read);
        }
    }

    [Fact]
    public void What_has_the_form_is_read_and_nothing_else()
    {
        var random = new Random(8);
        string[] parts = ["1", "0", "37", ".", "-", "+", " ", "ns", "us", "\u00b5s", "ms", "s", "m", "h", "d", "S", "\u0663"];
        for (var round = 0; round < 100_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(7)).Select(_ => parts[random.Next(parts.Length)]));
            Assert.True(Form().IsMatch(text) == GoDuration.TryParse(text, out var duration), text);
            Assert.True(!text.StartsWith('-') ? duration >= TimeSpan.Zero : duration <= TimeSpan.Zero, text);
        }
    }

    [GeneratedRegex("^[-+]?(0|((([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|\u00b5s|ms|s|m|h))+))$", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
