using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Plugins;

/// <summary>Real DLLs that misbehave, in the real agent, on a real kernel: the sibling goes on serving, and why is said everywhere.</summary>
public sealed class FaultyPluginTests(FaultyNode node, ITestOutputHelper output) : IClassFixture<FaultyNode>
{
    [KernelTheory]
    [InlineData("throws", "BackOff", "ReconcileFailed", "Reconcile threw InvalidOperationException: this plugin always throws")]
    [InlineData("hangs", "Wedged", "Wedged", "Reconcile did not return within 30s")]
    [InlineData("newer", "Refused", "UnsupportedContract", "NewerContract.dll was built for contract 2.99; this agent has 2.0")]
    [InlineData("tampered", "Refused", "DigestMismatch", "tampered/Steady.dll has SHA-256 ")]
    [InlineData("linked", "Refused", "SymbolicLink", "linked/Steady.dll is a link to ")]
    [InlineData("owned", "Refused", "WrongOwner", "owned/Steady.dll belongs to user 1234; chown it to root")]
    [InlineData("loose", "Refused", "WritableByOthers", "loose/Steady.dll is writable by its group or by everybody; chmod go-w")]
    [InlineData("unlisted", "Refused", "UnlistedFile", "unlisted/extra.so is not listed in ")]
    [InlineData("piped", "Refused", "NotRegular", "piped/pipe is a FIFO; only regular files are read; delete it")]
    public void A_plugin_that_fails_is_named_with_its_reason_and_ipvs_goes_on(string plugin, string state, string reason, string words)
    {
        node.Until("hangs", "Wedged");
        node.Until(plugin, state);

        Says(plugin, state, reason, words);
        Serves(plugin);
    }

    [KernelFact]
    public void A_plugin_that_never_returns_does_not_hold_up_the_first_programming()
    {
        node.Agent.Eventually(() => node.Agent.Running.Log.Contains("Reconcile did not return within 30s", StringComparison.Ordinal), "hangs wedged");

        Assert.DoesNotContain("Reconcile did not return", node.LogAtFirstProgramming, StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_plugin_without_fault_in_the_same_drop_in_directory_runs()
    {
        node.Until("steady", "Running");

        Assert.Equal("4", Read("tcp_syn_retries"));
        Assert.StartsWith(node.Agent.Folder + "/state/drop-in/steady/", MapsOf("Steady.dll"), StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_plugin_that_allocates_without_end_is_ended_by_its_limit_and_ipvs_goes_on()
    {
        node.Agent.Eventually(() => Read("tcp_fin_timeout") == "1", "its sysctl");
        var memory = ResidentMegabytes();
        node.Agent.Manifests.Service("trigger", "10.96.9.1", Manifests.Port(), []);
        node.Until("allocates", "BackOff");
        node.Until("crashes", "BackOff");

        Says("allocates", "BackOff", "ProcessEnded", "memoryLimit of 48Mi", asked: false);
        Serves("beside-allocates");
        // Its last slice stays; the agent itself has not grown by what was allocated.
        Assert.Equal("1", Read("tcp_fin_timeout"));
        Assert.InRange(ResidentMegabytes(), 0, memory + 100);
        // The Service also makes `crashes` end its process: it is said, and nobody else is concerned.
        Says("crashes", "BackOff", "ProcessEnded", "told to crash", asked: false);

        node.Agent.Manifests.Delete("trigger");
        node.Until("allocates", "Running");
        Assert.Contains("netagent_plugin_process_starts_total{plugin=\"allocates\"}", node.Metrics, StringComparison.Ordinal);
    }

    // asked: `netagent plugins` was asked after it happened.
    private void Says(string plugin, string state, string reason, string words, bool asked = true)
    {
        if (asked)
        {
            var line = node.PluginsCommand.Split('\n').First(line => line.StartsWith(plugin + " ", StringComparison.Ordinal));
            Assert.Contains(state, line, StringComparison.Ordinal);
            // Errors stand below the table, as wide as it.
            Assert.Contains(words, string.Join(' ', node.PluginsCommand.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        }
        Assert.Contains(node.Status.GetProperty("notices").EnumerateArray(), notice => notice.GetProperty("plugin").GetString() == plugin
            && notice.GetProperty("reason").GetString() == reason && notice.GetProperty("message").GetString()!.Contains(words, StringComparison.Ordinal));
        var metrics = node.Metrics;
        Assert.Contains($"netagent_plugin_state{{plugin=\"{plugin}\",state=\"{state.ToLowerInvariant()}\"}} 1\n", metrics, StringComparison.Ordinal);
        if (state == "Refused")
        {
            Assert.Contains($"netagent_plugin_refused{{plugin=\"{plugin}\",reason=\"{reason}\"}} 1\n", metrics, StringComparison.Ordinal);
        }
        // The log is written behind the status.
        node.Agent.Eventually(() => node.Agent.Running.Log.Split('\n').Any(line =>
            line.Contains($"{plugin} {reason}: ", StringComparison.Ordinal) && line.Contains(words, StringComparison.Ordinal)), $"a log line of {plugin} with {reason} and '{words}'");
    }

    private void Serves(string name)
    {
        var time = node.Serves(name);
        output.WriteLine($"beside {name}: a new Service in IPVS after {time.TotalMilliseconds:0} ms");
        Assert.InRange(time, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    private string Read(string sysctl) => node.Host.Do(() => File.ReadAllText($"/proc/sys/net/ipv4/{sysctl}").Trim());

    private int ResidentMegabytes() => int.Parse(
        File.ReadLines($"/proc/{node.Agent.Running.Id}/status").Single(line => line.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
        System.Globalization.CultureInfo.InvariantCulture) / 1024;

    private string MapsOf(string file) => File.ReadLines($"/proc/{node.Agent.Running.Id}/maps")
        .Where(line => line.EndsWith("/" + file, StringComparison.Ordinal)).Select(line => line[line.IndexOf('/', StringComparison.Ordinal)..]).First();
}
