using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Configuration.Tests.Shared;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("schduler", "scheduler")]
    [InlineData("SCHEDULER", "scheduler")]
    [InlineData("clusterCidr", "clusterCIDR")]
    [InlineData("mod", "mode")]
    [InlineData("bananas", null)]
    [InlineData("", null)]
    public void The_nearest_is_found_or_none(string written, string? nearest) =>
        Assert.Equal(nearest, NearestName.Of(written, ["scheduler", "clusterCIDR", "mode"]));

    [Fact]
    public void What_is_known_is_nearest_to_itself_and_to_itself_with_one_slip()
    {
        var random = new Random(3);
        for (var round = 0; round < 2000; round++)
        {
            var known = Enumerable.Range(0, 8).Select(i => $"{i}{i}{i}{random.NextInt64():x16}").ToArray();
            var name = known[random.Next(known.Length)];
            var at = random.Next(name.Length);
            Assert.Equal(name, NearestName.Of(name, known));
            Assert.Equal(name, NearestName.Of(name.Remove(at, 1), known));
        }
    }

    [Fact]
    public void A_word_of_a_megabyte_is_no_slip() => Assert.Null(NearestName.Of(new string('a', 1 << 20), ["scheduler"]));
}
