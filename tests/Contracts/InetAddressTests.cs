namespace NetAgent.Contracts.Tests;

public sealed class InetAddressTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("FD00:10:96::0001", "fd00:10:96::1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("::", "::")]
    public void One_address_has_one_form(string text, string canonical) => Assert.Equal(canonical, InetAddress.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("10.1")]
    [InlineData("010.0.0.1")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.1 ")]
    [InlineData("[::1]")]
    [InlineData("fe80::1%eth0")]
    [InlineData("1..2.3")]
    [InlineData("2130706433")]
    public void Text_that_other_tools_read_otherwise_is_refused(string text) => Assert.False(InetAddress.TryParse(text, out _));

    [Theory]
    [InlineData("10.244.1.7/16", "10.244.0.0/16")]
    [InlineData("fd00:10:244:1::5/64", "fd00:10:244:1::/64")]
    [InlineData("fd00:10:244:1::5/48", "fd00:10:244::/48")]
    [InlineData("1.2.3.4/0", "0.0.0.0/0")]
    [InlineData("2001:db8::1/127", "2001:db8::/127")]
    public void Network_clears_the_host_bits(string text, string network) =>
        Assert.Equal(network, InetPrefix.Parse(text).Network.ToString());

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.0.1", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("0.0.0.0/0", "11.0.0.1", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("fd00::/64", "fd00::ffff:1", true)]
    [InlineData("fd00::/64", "fd00:0:0:1::1", false)]
    public void Contains_looks_at_family_and_network(string prefix, string address, bool inside) =>
        Assert.Equal(inside, InetPrefix.Parse(prefix).Contains(InetAddress.Parse(address)));

    [Fact]
    public void Arrays_in_rows_compare_by_content()
    {
        var key = new ChainKey(IpFamily.IPv4, "nat", "X");
        Assert.Equal(new Chain(key, ["-j RETURN"]), new Chain(key, ["-j RETURN"]));
        Assert.NotEqual(new Chain(key, ["-j RETURN"]), new Chain(key, ["-j ACCEPT"]));
    }
}
