using System.Net;
using NetAgent.TestKit;
using NetAgent.Traffic;

namespace NetAgent.EndToEnd.Tests.Conntrack;

/// <summary>A small connection table, filled for real.</summary>
public sealed class PressureTests
{
    private const string Max = "net/netfilter/nf_conntrack_max";

    [KernelFact]
    public void A_full_table_shows_in_metrics_and_notices_and_says_why_connections_are_lost()
    {
        using var node = new InitialNode(max: 300);
        node.Configure("{}");
        node.Start();
        node.Eventually(() => InitialNode.Metric("node_nf_conntrack_entries_limit") == 300, "the limit is shown");
        var early = Losses()!.Value;

        node.Eventually(() => Flowing(240, () => InitialNode.Metric("netagent_conntrack_usage_ratio") >= 0.78), "80 % full is seen");
        node.Eventually(() => node.Running.Log.Contains("ConntrackPressure", StringComparison.Ordinal), "and said");
        node.Eventually(() => Flowing(600, () => node.Running.Log.Contains("ConntrackAlmostFull", StringComparison.Ordinal)), "full is an error");
        node.Eventually(() => Flowing(600, () => node.Running.Log.Contains("ConntrackEarlyDrop", StringComparison.Ordinal)
            || node.Running.Log.Contains("ConntrackTableFull", StringComparison.Ordinal)), "loss is named");
        Assert.DoesNotContain("in 0 minutes", node.Running.Log, StringComparison.Ordinal);
        // While it is full nobody can scrape either: that is a new connection, too.
        Shell.Run("conntrack", "-F");
        node.Eventually(() => Losses() > early, "loss was counted");
        // Without adaptive nothing is written.
        Assert.Equal("300", InitialNode.Get(Max));
        node.Stop();
        Assert.Equal("", node.CleanUp());
    }

    [KernelFact]
    public void Adaptive_raises_the_table_within_its_bound_and_an_open_connection_goes_on()
    {
        using var node = new InitialNode(max: 300);
        using var server = Server.Start("server", IPAddress.Loopback, 18080);
        using var open = Client.Connect(new IPEndPoint(IPAddress.Loopback, 18080), TimeSpan.FromSeconds(3));
        Assert.StartsWith("server", Client.ReadLine(open), StringComparison.Ordinal);
        // 512 KiB hold 1304 entries of 402 bytes.
        node.Configure("{adaptive: {maxMemory: 512Ki, high: 0.8, low: 0.2}}");
        node.Start();
        node.Eventually(() => InitialNode.Metric("netagent_conntrack_wanted_limit") == 300, "it begins with what is there");

        // How far depends on how fast the flows seem to come.
        node.Eventually(() => Flowing(260, () => InitialNode.Number(Max) >= 600), "raised at 80 %");
        Assert.Equal("still here", Client.Echo(open, "still here"));
        var refused = 0;
        node.Eventually(() => Flowing(520, () => InitialNode.Number(Max) >= 1200, n => refused += n), "raised again");
        Assert.Equal(0, refused);
        node.Eventually(() => Flowing(1150, () => InitialNode.Get(Max) == "1304"), "up to its bound");
        node.Eventually(() => Flowing(1250, () => node.Running.Log.Contains("AdaptiveAtBound", StringComparison.Ordinal)), "which is said");
        Flowing(2000, () => true);
        Thread.Sleep(6000);
        Assert.Equal("1304", InitialNode.Get(Max));
        Assert.Equal("and still here", Client.Echo(open, "and still here"));

        node.Stop();
        Assert.Equal("1304", InitialNode.Get(Max));
        Assert.Equal("", node.CleanUp());
        Assert.Equal("after cleanup", Client.Echo(open, "after cleanup"));
    }

    [KernelFact]
    public void Adaptive_keeps_ahead_of_thousands_of_new_connections_a_second_and_loses_none()
    {
        using var node = new InitialNode(max: 8192);
        // 32 MiB hold 83468 entries of 402 bytes.
        node.Configure("{adaptive: {maxMemory: 32Mi, high: 0.8, low: 0.2}}");
        node.Start();
        node.Eventually(() => InitialNode.Metric("netagent_conntrack_wanted_limit") == 8192, "it begins with what is there");
        Shell.Run("conntrack", "-F");
        var before = InitialNode.Lost();

        var watch = System.Diagnostics.Stopwatch.StartNew();
        var refused = 0;
        // 4000 a second for 15 s: 8192 would be full after two, and unanswered flows stay for 30 s.
        for (var opened = 0; opened < 60000; opened += 200)
        {
            refused += InitialNode.Flows(200, opened);
            var early = TimeSpan.FromSeconds((opened + 200) / 4000.0) - watch.Elapsed;
            if (early > TimeSpan.Zero)
            {
                Thread.Sleep(early);
            }
        }
        var speed = 60000 / watch.Elapsed.TotalSeconds;

        Assert.Equal(0, refused);
        Assert.Equal(before, InitialNode.Lost());
        Assert.True(InitialNode.Number("net/netfilter/nf_conntrack_count") > 50000, $"{InitialNode.Get("net/netfilter/nf_conntrack_count")} entries at {speed:0} a second");
        Assert.True(speed > 1000, $"only {speed:0} connections a second: no ramp to speak of");
        node.Stop();
        Assert.Equal("", node.CleanUp());
    }

    private static double? Losses() => InitialNode.Metric("node_nf_conntrack_stat_early_drop") + InitialNode.Metric("node_nf_conntrack_stat_drop");

    private static bool Flowing(int flows, Func<bool> isThere, Action<int>? refused = null)
    {
        // Unanswered flows leave after 30 s: keep them.
        var count = InitialNode.Flows(flows);
        refused?.Invoke(count);
        return isThere();
    }
}
