using System.Collections.Immutable;
using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs;
using NetAgent.TestKit;

namespace NetAgent.Ipvs.Tests.Recordings;

/// <summary>The plugin's rows, rendered as the tools print them, are what kube-proxy 1.36.2 was recorded to program.</summary>
public sealed class KubeProxyRecordingTests
{
    private static readonly string Root = Path.Combine(RepositoryRoot.Path, "tests", "Golden", "recordings");

    private static readonly string[] Files =
    [
        "ipvs.txt", "addresses.txt", "ipset.txt", "iptables-nat.txt", "iptables-filter.txt", "ip6tables-nat.txt", "ip6tables-filter.txt",
        "link.txt", "ipvs-timeout.txt",
    ];

    public static TheoryData<string> Names => new(Scenarios(_ => true));

    public static TheoryData<string> TwoStates => new(Scenarios(folder => File.Exists(Path.Combine(folder, "cluster2.json"))));

    [Theory]
    [MemberData(nameof(Names))]
    public void From_nothing_the_recorded_state_results(string name)
    {
        var (plugin, slice) = Start(name);
        Reconcile(plugin, slice, ClusterOf(name), ClusterChange.All);
        AssertIs(name, "expected", slice);
    }

    [Theory]
    [MemberData(nameof(TwoStates))]
    public void A_change_of_Services_leads_to_the_second_state_and_back(string name)
    {
        var (plugin, slice) = Start(name);
        var first = ClusterOf(name);
        var second = ClusterOf(name, "cluster2.json");
        var changed = first.Services.Keys.Union(second.Services.Keys)
            .Where(service => first.Services.GetValueOrDefault(service) != second.Services.GetValueOrDefault(service)).ToImmutableHashSet();
        Assert.NotEmpty(changed);
        var change = new ClusterChange { Services = changed };

        Reconcile(plugin, slice, first, ClusterChange.All);
        Reconcile(plugin, slice, second, change);
        AssertIs(name, "expected2", slice);
        Reconcile(plugin, slice, first, change);
        AssertIs(name, "expected", slice);
    }

    [Fact]
    public void There_are_recordings_to_compare_with() => Assert.True(Scenarios(_ => true).Length >= 40);

    private static string[] Scenarios(Func<string, bool> condition) => Directory.GetDirectories(Root)
        .Where(folder => File.Exists(Path.Combine(folder, "proxy.json")) && condition(folder))
        .Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal).ToArray();

    private static (IpvsPlugin Plugin, InMemorySlice Slice) Start(string name)
    {
        var plugin = new IpvsPlugin();
        var result = plugin.Configure(ConfigJson.File(Path.Combine(Root, name, "proxy.json")));
        Assert.True(result.IsAccepted, string.Join('\n', result.Problems));
        Assert.DoesNotContain(result.Problems, problem => problem.Path.StartsWith("conntrack", StringComparison.Ordinal) || problem.Path == "ipvs.strictARP");
        return (plugin, new InMemorySlice { Claims = result.Claims });
    }

    private static ClusterState ClusterOf(string name, params string[] more) =>
        ClusterJson.Read(RecordedNode.Name, [.. more.Prepend("cluster.json").Select(file => Path.Combine(Root, name, file))]);

    private static void Reconcile(IpvsPlugin plugin, InMemorySlice slice, ClusterState cluster, ClusterChange change) => plugin.Reconcile(
        new ReconcileInput
        {
            Cluster = cluster,
            Facts = RecordedNode.Facts,
            Changed = change,
            NodeName = RecordedNode.Name,
            Now = DateTimeOffset.UnixEpoch,
        }, slice, TestContext.Current.CancellationToken);

    private static void AssertIs(string name, string state, InMemorySlice slice)
    {
        foreach (var file in Files)
        {
            var expected = File.ReadAllText(Path.Combine(Root, name, state, file));
            Assert.True(expected.TrimEnd() == KernelText.Render(file, slice).TrimEnd(), $"{name}/{state}/{file}\n{Difference(expected, KernelText.Render(file, slice))}");
        }
        var sysctls = File.ReadAllLines(Path.Combine(Root, name, state, "sysctl.txt"));
        Assert.All(slice.Sysctls.Rows, row => Assert.Contains($"{row.Path} = {row.Value}", sysctls));
        Assert.Empty(slice.VirtualServers.Conflicts);
        Assert.Empty(slice.Notices);
    }

    private static string Difference(string expected, string actual)
    {
        var (left, right) = (expected.Split('\n'), actual.Split('\n'));
        return string.Join('\n', left.Except(right).Select(line => $"- {line}").Concat(right.Except(left).Select(line => $"+ {line}")));
    }
}
