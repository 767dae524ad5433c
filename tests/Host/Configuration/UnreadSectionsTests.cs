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
        Assert.Equal(["ipvs.strictARP", "conntrack"], problems.Select(problem => problem.Path));
        Assert.All(problems, problem => Assert.False(problem.IsError));
    }

    [Fact]
    public async Task With_those_plugins_there_is_nothing_to_say() => Assert.Empty(await Problems("""
        - { name: ipvs, configFile: proxy.yaml }
        - { name: conntrack-tuner, configFile: proxy.yaml }
        - { name: metallb-arp, configFile: proxy.yaml }
        """));

    private static async Task<IReadOnlyList<ConfigurationProblem>> Problems(string plugins)
    {
        await using var rig = new Rig();
        File.WriteAllText(Path.Combine(rig.Folder, "proxy.yaml"), KubeProxy);
        rig.Configure($"plugins:\n{plugins}");
        Assert.True(rig.Store.Reload());
        return rig.Store.Problems;
    }
}
