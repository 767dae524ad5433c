using NetAgent.Plugins.Tests;

namespace NetAgent.ConntrackTuner.Tests;

public sealed class RecordingTests
{
    public static TheoryData<string> Recordings() => SysctlRecordings.All();

    [Theory]
    [MemberData(nameof(Recordings))]
    public void From_a_kernels_defaults_kube_proxys_file_gives_what_kube_proxy_left(string recording)
    {
        var node = TunedNode.Create();
        var result = node.Configure(SysctlRecordings.Configuration(recording));
        Assert.Empty(result.Problems);

        node.Step();

        var expected = SysctlRecordings.Lines(recording).Where(l => l.Path.StartsWith("net/netfilter/", StringComparison.Ordinal)).ToList();
        Assert.True(expected.Count >= 5);
        Assert.Equal(expected, expected.Select(l => (l.Path, node.Sysctls[l.Path])));
        Assert.All(result.Claims.Sysctls, path => Assert.StartsWith("net/netfilter/", path));
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void A_second_look_writes_nothing_and_without_the_plugin_all_is_as_before(string recording)
    {
        var node = TunedNode.Create();
        var before = node.Sysctls.ToList();
        node.Configure(SysctlRecordings.Configuration(recording));
        node.Step();
        node.Writes.Clear();

        node.Step(TimeSpan.FromMinutes(1));
        Assert.Empty(node.Writes);

        foreach (var scope in node.Slice.Scopes.ToList())
        {
            node.Slice.Remove(scope);
        }
        node.Write();
        Assert.Equal(before, node.Sysctls);
    }
}
