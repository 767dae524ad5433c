using System.Diagnostics;
using System.Text.Json;
using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Faults;

/// <summary>What others do to the rules: flush them, or keep the lock that writing them takes.</summary>
public sealed class RuleTests
{
    private const string Plugins = "- {name: ipvs, config: {clusterCIDR: 10.244.0.0/16}}";

    [KernelFact]
    public void Packets_that_need_a_flushed_rule_pass_again_however_often_it_is_flushed()
    {
        using var network = new ClusterNetwork();
        using var agent = new NodeAgent(network, Plugins);
        // The pod of the other node answers the client directly, unless the rules masquerade.
        agent.Manifests.Service("dns", "10.96.7.2", Manifests.Port(protocol: "UDP"), [Manifests.Ready(ClusterNetwork.PodC, "node-2")], "UDP");
        agent.Start();
        agent.Eventually(() => IsAnswered(network), "an answer");
        var times = new List<TimeSpan>();
        for (var i = 0; i < 3; i++)
        {
            var repaired = Repaired(agent);
            network.Node1.Script("iptables -F; iptables -t nat -F");
            var watch = Stopwatch.StartNew();
            agent.Eventually(() => Repaired(agent) > repaired && IsAnswered(network), "an answer after the flush");
            times.Add(watch.Elapsed);
        }

        // What docs/differences.md promises is counted in seconds of a machine that does nothing else; see docs/reports.md.
        TestContext.Current.SendDiagnosticMessage("flushed rules came back after {0}", string.Join(", ", times.Select(time => $"{time.TotalSeconds:0.0} s")));
    }

    [KernelFact]
    public void A_held_lock_is_one_notice_that_names_who_holds_it_and_ends_soon_after_it_is_let_go()
    {
        Assert.SkipUnless(Shell.Run("iptables", "--version").Contains("legacy", StringComparison.Ordinal), "nf_tables takes no lock");
        using var network = new ClusterNetwork();
        using var agent = new NodeAgent(network, Plugins);
        agent.Manifests.Service("web", "10.96.7.3", Manifests.Port(), [Manifests.Ready(ClusterNetwork.PodA)]);
        using var holder = Process.Start(new ProcessStartInfo("flock", ["/run/xtables.lock", "sleep", "infinity"]))!;
        try
        {
            agent.Start();
            agent.Eventually(() => Refused(agent).Length > 0, "the notice");
            agent.Eventually(() => Failed(agent).Any(row => row.GetProperty("attempts").GetInt32() > 3), "some attempts");

            var message = Assert.Single(Refused(agent));
            Assert.Matches(@"^the xtables lock /run/xtables.lock is held by process \d+ \((flock|sleep)\), since \d\d:\d\d:\d\dZ at the latest", message);
            Assert.True(Status(agent)!.Value.GetProperty("degraded").GetBoolean());
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

    private static long Repaired(NodeAgent agent) => long.Parse(
        AgentSocket.Get(agent.StateDirectory, "/metrics")!.Split('\n').Single(line => line.StartsWith("netagent_drift_repaired_rows_total ", StringComparison.Ordinal)).Split(' ')[1],
        System.Globalization.CultureInfo.InvariantCulture);

    private static JsonElement? Status(NodeAgent agent) =>
        AgentSocket.Get(agent.StateDirectory, "/status") is { } body ? JsonDocument.Parse(body).RootElement : null;

    private static JsonElement[] Failed(NodeAgent agent) => Array(agent, "failed");

    private static string[] Refused(NodeAgent agent) =>
        [.. Array(agent, "notices").Where(notice => notice.GetProperty("reason").GetString() == "RowRefused").Select(notice => notice.GetProperty("message").GetString()!)];

    private static JsonElement[] Array(NodeAgent agent, string name) => Status(agent) is { } status ? [.. status.GetProperty(name).EnumerateArray()] : [];
}
