using NetAgent.Host.Status;

namespace NetAgent.Host.Tests.Status;

/// <summary>Numbers, times and names as people read them.</summary>
public sealed class WordsTests
{
    [Theory]
    [InlineData(0, "0s")]
    [InlineData(0.0004092043, "409us")]
    [InlineData(0.0271135377, "27.1ms")]
    [InlineData(0.4092043, "409ms")]
    [InlineData(0.99996, "1s")]
    [InlineData(4.5678901, "4.57s")]
    [InlineData(38.3054321, "38.3s")]
    [InlineData(59.96, "1m")]
    [InlineData(60.8123, "1m1s")]
    [InlineData(3723.4, "1h2m3s")]
    public void A_time_has_three_digits(double seconds, string text) => Assert.Equal(text, Took.Text(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(1, "1 row of the kernel that nobody asks for stays, for what could not be read may own it (web.yaml): a row")]
    [InlineData(2, "2 rows of the kernel that nobody asks for stay, for what could not be read may own them (web.yaml): a row")]
    public void What_stays_is_counted(int count, string text) => Assert.Equal(text, UnreadText.Of(["web.yaml"], new(count, ["a row"])));

    [Fact]
    public void A_name_with_a_new_line_in_it_stays_on_its_line_and_moves_no_cursor()
    {
        using var text = new StringWriter();
        using var lines = new LineWriter(text);

        lines.WriteLine("  could not be read: Service default/a\nINF all is in\u001b[31m");

        Assert.Equal("  could not be read: Service default/a | INF all is in [31m\n", text.ToString());
    }
}
