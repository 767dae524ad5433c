using NetAgent.Plugins.Tests;

namespace NetAgent.MetallbArp.Tests;

public sealed class RecordingTests
{
    public static TheoryData<string> Recordings() => SysctlRecordings.All();

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Kube_proxys_file_gives_what_kube_proxy_left(string recording)
    {
        var node = ArpNode.Create();
        var before = node.Sysctls.ToList();
        Assert.Empty(node.Configure(SysctlRecordings.Configuration(recording)).Problems);
        node.Step();

        var expected = SysctlRecordings.Lines(recording).Where(l => l.Path.Contains("/arp_", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, expected.Count);
        Assert.Equal(expected, expected.Select(l => (l.Path, node.Sysctls[l.Path])));
        Assert.Equal(before.Where(s => !s.Key.Contains("/all/")), node.Sysctls.Where(s => !s.Key.Contains("/all/")));

        node.Writes.Clear();
        node.Step(TimeSpan.FromMinutes(1));
        Assert.Empty(node.Writes);
    }
}
