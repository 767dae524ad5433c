using NetAgent.TestKit;

namespace NetAgent.Golden.Tests;

/// <summary>What kube-proxy 1.36.2 programmed for each scenario, we program too, byte for byte, and cleanup takes all of it away.</summary>
public sealed class KubeProxyRecordingTests
{
    public static TheoryData<string> OneState => new(Recording.Names(twoStates: false));

    public static TheoryData<string> TwoStates => new(Recording.Names(twoStates: true));

    [KernelTheory]
    [MemberData(nameof(OneState))]
    public void Programs_what_was_recorded_and_cleans_up(string name)
    {
        var recording = new Recording(name);
        using var node = Node(recording);
        node.RunOnce();
        Assert.Equal("", recording.Compare("expected"));
        node.CleanUp();
    }

    [KernelTheory]
    [MemberData(nameof(TwoStates))]
    public void Follows_a_change_both_ways_and_cleans_up(string name)
    {
        var recording = new Recording(name);
        using var node = Node(recording);
        var second = Path.Combine(node.Manifests, "2-cluster.json");
        using (var agent = Agent.Start(node.RunArguments))
        {
            void Reaches(string state)
            {
                var difference = RecordedNode.Settled(() => recording.Compare(state));
                Assert.True(difference.Length == 0, $"{difference}\n{agent.Log}");
            }

            Reaches("expected");
            File.Copy(recording.SecondCluster!, second);
            Reaches("expected2");
            File.Delete(second);
            Reaches("expected");
        }
        File.Copy(recording.SecondCluster!, second);
        node.RunOnce();
        Assert.Equal("", recording.Compare("expected2"));
        node.CleanUp();
    }

    private static RecordedNode Node(Recording recording)
    {
        var node = new RecordedNode();
        File.Copy(recording.ProxyConfiguration, Path.Combine(node.Folder, "proxy.json"));
        File.Copy(recording.Cluster, Path.Combine(node.Manifests, "1-cluster.json"));
        node.Configure(string.Join('\n', new[] { "ipvs", "conntrack-tuner", "metallb-arp" }.Select(plugin =>
            $"- name: {plugin}\n  configFile: proxy.json")));
        return node;
    }
}
