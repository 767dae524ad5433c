using System.Diagnostics;
using System.Text.Json;
using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Faults;

/// <summary>What others do to the rules: flush them, or keep the lock that writing them takes.</summary>
public sealed class RuleTests
{
    private const string Plugins = """
        - {name: ipvs, config: {clusterCIDR: 10.244.0.0/16}}
        """;

    // docs/differences.md.
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(10);

    [KernelFact]
    public void Packets_that_need_a_flushed_rule_pass_again_within_ten_seconds_however_often_it_is_flushed()
    {
        using var network = new ClusterNetwork();
        using var agent = new NodeAgent(network, Plugins);
        // The pod of the other node answers the client directly, unless the rules masquerade.
        agent.Manifests.Service("dns", "10.96.7.2", Manifests.Port(protocol: "UDP"), [Manifests.Ready(ClusterNetwork.PodC, "node-2")], "UDP");
        agent.Start();
        agent.Eventually(() => IsAnswered(network), "an answer");
        var times = new List<TimeSpan>();
        for (var i = 0; i < 4; i++)
        {
            network.Node1.Script("iptables -F; iptables -t nat -F");
            var watch = Stopwatch.StartNew();
            Assert.False(IsAnswered(network), "without the rules nothing can be answered");
            agent.Eventually(() => IsAnswered(network), "an answer after the flush");
            times.Add(watch.Elapsed);
        }

        var text = string.Join(", ", times.Select(time => $"{time.TotalSeconds:0.0} s"));
        TestContext.Current.SendDiagnosticMessage("flushed rules came back after {0}", text);
        // An emulated kernel takes seconds for what takes milliseconds elsewhere: listing and writing are its own time.
        Assert.True(times.Max() < Promise + Own(network), text);
    }

    [KernelFact]
    public void A_held_lock_is_one_notice_that_names_who_holds_it_and_ends_soon_after_it_is_let_go()
    {
        Assert.SkipUnless(Shell.Run("iptables", "--version").Contains("legacy", StringComparison.Ordinal), "nf_tables takes no lock");
        using var network = new ClusterNetwork();
        using var agent = new NodeAgent(network, Plugins);
        agent.Manifests.Service("web", "10.96.7.3", Manifests.Port(), [Manifests.Ready(ClusterNetwork.PodA)]);
        using var holder = Process.Start(new ProcessStartInfo("flock", ["/run/xtables.lock", "-c", "exec sleep 1000"]))!;
        try
        {
            agent.Start();
            agent.Eventually(() => Refused(agent).Length > 0, "the notice");
            agent.Eventually(() => Failed(agent).Any(row => row.GetProperty("attempts").GetInt32() > 3), "some attempts");

            var message = Assert.Single(Refused(agent));
            Assert.Matches(@"^the xtables lock /run/xtables.lock is held by process \d+ \((flock|sleep)\), since \d\d:\d\d:\d\dZ at the latest", message);
            Assert.True(AgentSocket.Get(agent.StateDirectory, "/status")!.Contains("\"degraded\":true", StringComparison.Ordinal));
        }
        finally
        {
            holder.Kill(entireProcessTree: true);
            holder.WaitForExit();
        }

        agent.Eventually(() => network.Outside.Tcp("10.96.7.3").StartsWith("pod-a ", StringComparison.Ordinal), "the Service is served");
        agent.Eventually(() => agent.Running.Log.Contains("over: agent RowRefused", StringComparison.Ordinal), "the end of it in the log");
        Assert.Single(agent.Running.Log.Split('\n'), line => line.Contains("ERR", StringComparison.Ordinal) && line.Contains("RowRefused", StringComparison.Ordinal));
    }

    private static bool IsAnswered(ClusterNetwork network) => network.Outside.Udp("10.96.7.2").StartsWith("pod-c ", StringComparison.Ordinal);

    private static TimeSpan Own(ClusterNetwork network)
    {
        var watch = Stopwatch.StartNew();
        network.Node1.Script("for t in nat filter; do iptables-save -t $t; ip6tables-save -t $t; done; iptables-save | iptables-restore --noflush");
        return 2 * watch.Elapsed;
    }

    private static JsonElement[] Failed(NodeAgent agent) => Array(agent, "failed");

    private static string[] Refused(NodeAgent agent) =>
        [.. Array(agent, "notices").Where(notice => notice.GetProperty("reason").GetString() == "RowRefused").Select(notice => notice.GetProperty("message").GetString()!)];

    private static JsonElement[] Array(NodeAgent agent, string name) =>
        AgentSocket.Get(agent.StateDirectory, "/status") is { } body ? [.. JsonDocument.Parse(body).RootElement.GetProperty(name).EnumerateArray()] : [];
}
