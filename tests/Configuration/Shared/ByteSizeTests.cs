using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Configuration.Tests.Shared;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1024", 1024)]
    [InlineData("256Mi", 256L << 20)]
    [InlineData("0.5Gi", 512L << 20)]
    [InlineData("1.5Ki", 1536)]
    [InlineData("2Ti", 2L << 40)]
    [InlineData("100M", 100_000_000)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void Sizes_are_read_as_Kubernetes_reads_them(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Mi")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1 Mi")]
    [InlineData("1MiB")]
    [InlineData("1mi")]
    [InlineData("9223372036854775808")]
    [InlineData("9000000000Gi")]
    public void What_is_no_size_is_none(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Fact]
    public void A_size_is_written_as_it_is_read()
    {
        var random = new Random(5);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = random.NextInt64() >> random.Next(63) << random.Next(20) & long.MaxValue;
            Assert.True(ByteSize.TryParse(ByteSize.ToText(bytes), out var read));
            Assert.Equal(bytes, read);
        }
    }
}
