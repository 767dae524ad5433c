using NetAgent.Contracts;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Configuration;

public sealed class UnreadSectionsTests
{
    private const string KubeProxy = "conntrack: { maxPerCore: 1 }\nipvs: { strictARP: true }\n";

    [Fact]
    public async Task What_ipvs_leaves_to_plugins_that_are_not_there_is_said()
    {
        var problems = await Problems("- { name: ipvs, configFile: proxy.yaml }");
        Assert.Equal(["conntrack", "ipvs.strictARP"], problems.Select(problem => problem.Path));
        Assert.All(problems, problem => Assert.True(problem is { IsError: false, IsInformation: false }));
    }

    [Theory]
    [InlineData("conntrack: { maxPerCore: null, min: null, tcpEstablishedTimeout: null, tcpBeLiberal: false, udpTimeout: 0s }", true)]
    [InlineData("conntrack: { maxPerCore: 32768, min: 131072, tcpCloseWaitTimeout: 1h0m0s, tcpEstablishedTimeout: 24h0m0s }", true)]
    [InlineData("conntrack: { maxPerCore: 0, tcpEstablishedTimeout: 0s }", true)]
    [InlineData("conntrack: { maxPerCore: 32768, tcpEstablishedTimeout: 2h }", false)]
    [InlineData("conntrack: { tcpBeLiberal: true }", false)]
    public async Task What_installers_write_is_information_and_an_operators_own_a_warning(string section, bool isInformation) =>
        Assert.Equal(isInformation, Assert.Single(await Problems("- { name: ipvs, configFile: proxy.yaml }", section)).IsInformation);

    [Fact]
    public async Task With_those_plugins_there_is_nothing_to_say() => Assert.Empty(await Problems("""
        - { name: ipvs, configFile: proxy.yaml }
        - { name: conntrack-tuner, configFile: proxy.yaml }
        - { name: metallb-arp, configFile: proxy.yaml }
        """));

    private static async Task<IReadOnlyList<ConfigurationProblem>> Problems(string plugins, string proxy = KubeProxy)
    {
        await using var rig = new Rig();
        File.WriteAllText(Path.Combine(rig.Folder, "proxy.yaml"), proxy);
        rig.Configure($"plugins:\n{plugins}");
        Assert.True(rig.Store.Reload());
        return rig.Store.Problems;
    }
}
