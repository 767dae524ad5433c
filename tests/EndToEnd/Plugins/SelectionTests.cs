using System.Diagnostics;
using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;
using static NetAgent.EndToEnd.Tests.Network.ClusterNetwork;

namespace NetAgent.EndToEnd.Tests.Plugins;

/// <summary>Which plugins run, by configuration, labels and claims, changed under a running agent on a real kernel.</summary>
public sealed class SelectionTests : IDisposable
{
    private const string Retries = "net/ipv4/tcp_syn_retries", Timeout = "net/ipv4/tcp_fin_timeout";

    private readonly PluginNode _node = new();
    private readonly ITestOutputHelper _output;

    public SelectionTests(ITestOutputHelper output)
    {
        _output = output;
        foreach (var name in new[] { "steady", "other", "twin" })
        {
            _node.DropIn.Add("Steady", name);
        }
    }

    public void Dispose() => _node.Dispose();

    [KernelFact]
    public void Plugins_come_change_and_go_under_a_running_agent_and_onDisable_says_what_stays()
    {
        var retries = _node.Read(Retries);
        using var agent = _node.Agent(PluginNode.Ipvs).Start();
        Serve(agent, "10.96.11.1");
        var served = _node.Host.Script("ipvsadm -Sn");

        Configure(agent, Steady("steady", Retries, 3), Steady("other", Timeout, 41, "onDisable: retain"));
        agent.Eventually(() => (_node.Read(Retries), _node.Read(Timeout)) == ("3", "41"), "both are in");
        Configure(agent, Steady("steady", Retries, 4), Steady("other", Timeout, 41, "onDisable: retain"));
        agent.Eventually(() => _node.Read(Retries) == "4", "the new value");
        Configure(agent);
        agent.Eventually(() => _node.Read(Retries) == retries, "steady's is put back");
        agent.Eventually(() => agent.Running.Log.Contains("plugin other stopped, its kernel state stays", StringComparison.Ordinal), "other stopped");

        Assert.Equal("41", _node.Read(Timeout));
        Assert.Equal(served, _node.Host.Script("ipvsadm -Sn"));
        Assert.DoesNotContain("plugin ipvs stopped", agent.Running.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("plugin ipvs: new configuration", agent.Running.Log, StringComparison.Ordinal);
        agent.Stop();
        agent.Command("cleanup", "--config", agent.Configuration);
        // Retained means forgotten: no cleanup touches it.
        Assert.Equal("41", _node.Read(Timeout));
    }

    [KernelFact]
    public void A_configuration_that_makes_a_plugin_fail_is_taken_back_and_that_is_said()
    {
        using var agent = _node.Agent(Steady("steady", Retries, 3), "confirmWithin: 30s").Start();
        agent.Eventually(() => _node.Read(Retries) == "3", "the first configuration");

        agent.Configure(Steady("steady", Retries, "throw"), _node.DropIn.Settings + "\nconfirmWithin: 30s");
        agent.Eventually(() => agent.Running.Log.Contains("was taken back: plugin 'steady' is BackOff under it", StringComparison.Ordinal), "taken back");
        agent.Eventually(() => agent.Plugin("steady").State == "Running", "steady runs under the one before");
        Assert.Equal("3", _node.Read(Retries));
        var (_, status, _) = Agent.Run("status", "-o", "json", "--config", agent.Configuration);
        Assert.Contains("told to throw", status, StringComparison.Ordinal);
        Assert.Contains("is in force until the files change", status, StringComparison.Ordinal);

        agent.Kill();
        agent.Start();
        agent.Eventually(() => agent.Plugin("steady").State == "Running", "steady runs after a crash");
        Assert.Equal("3", _node.Read(Retries));
        agent.Eventually(() => agent.Running.Log.Contains("was taken back: plugin 'steady' is BackOff under it", StringComparison.Ordinal), "said by the restarted agent");

        agent.WriteFile("agent.yaml", "kind: Nonsense\n");
        agent.Eventually(() => agent.Running.Log.Contains("the last good configuration stays in force", StringComparison.Ordinal), "the bad file is named");
        Assert.Equal("3", _node.Read(Retries));

        agent.Configure(Steady("steady", Retries, 5), _node.DropIn.Settings + "\nconfirmWithin: 30s");
        agent.Eventually(() => _node.Read(Retries) == "5", "the next good configuration");
    }

    [KernelFact]
    public void Overlapping_claims_are_refused_before_anything_is_written_and_plugins_lists_who_owns_what()
    {
        var retries = _node.Read(Retries);
        using var agent = _node.Agent(Lines(PluginNode.Ipvs, Steady("steady", Retries, 3), Steady("twin", Retries, 4)));
        var (_, _, plan) = _node.Host.Do(() => Agent.Run("plan", "--config", agent.Configuration, "--manifests", agent.Manifests.Folder, "--node-name", "node-1"));
        Assert.Contains($"plugin twin claims sysctl {Retries}, which plugin steady has claimed", plan, StringComparison.Ordinal);
        Assert.Equal(retries, _node.Read(Retries));

        agent.Start();
        agent.Eventually(() => _node.Read(Retries) == "3" && agent.Plugin("twin").State == "Refused", "the first claim holds");
        var plugins = Plugins(agent);
        Assert.Equal(["PLUGIN", "STATE", "GATE", "VERSION", "CONTRACT", "SHA-256"], plugins.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Matches(@"(?m)^steady +Running +enforce \(no gate\) +\S+ +2\.0 +[0-9a-f]{12}$", plugins);
        Assert.Matches(@"(?m)^twin +Refused ", plugins);
        Assert.Matches($@"twin, ClaimConflict: plugin twin claims sysctl {Retries},\s+which\s+plugin\s+steady\s+has\s+claimed", plugins);
        Assert.Contains($"steady claims:\n  sysctl {Retries}", plugins, StringComparison.Ordinal);
        Assert.Contains("ipvs claims:\n", plugins, StringComparison.Ordinal);
        agent.Stop();
        agent.Command("cleanup", "--config", agent.Configuration);
        Assert.Equal(retries, _node.Read(Retries));
    }

    [KernelFact]
    public void A_new_version_is_taken_when_its_digests_are_listed_and_the_rows_stay_meanwhile()
    {
        using var agent = _node.Agent(Lines(PluginNode.Ipvs, Steady("steady", Retries, 3))).Start();
        Serve(agent, "10.96.11.4");
        // The status is behind the kernel by the end of a round.
        agent.Eventually(() => _node.Read(Retries) == "3" && agent.Plugin("steady").State == "Running", "steady's sysctl");
        var old = Digest(agent);

        _node.DropIn.Put("Throws", "steady");
        agent.Eventually(() => agent.Running.Log.Contains($"UpgradeRefused: plugin 'steady' still runs SHA-256 {old}", StringComparison.Ordinal), "the unlisted version is named");
        Assert.Equal("Running", agent.Plugin("steady").State);

        var start = Stopwatch.GetTimestamp();
        _node.DropIn.List("steady");
        agent.Eventually(() => agent.Plugin("steady").State == "BackOff", "the listed version runs, and throws");
        _output.WriteLine($"a listed version runs after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        Assert.NotEqual(old, Digest(agent));
        Assert.Equal("3", _node.Read(Retries));

        _node.DropIn.Add("Steady", "steady");
        agent.Eventually(() => agent.Plugin("steady").State == "Running", "and the one before again");
        Assert.Equal((old, "3"), (Digest(agent), _node.Read(Retries)));
        Assert.Single(Directory.GetDirectories(Path.Combine(agent.StateDirectory, "drop-in", "steady")));
    }

    private static string Digest(NodeAgent agent) => AgentSocket.Plugin(agent.StateDirectory, "steady")!.Value.GetProperty("digest").GetString()!;

    [KernelFact]
    public void Cleanup_needs_no_DLL_and_leaves_the_kernel_as_it_was()
    {
        var before = _node.Kernel();
        using var agent = _node.Agent(Lines(PluginNode.Ipvs, Steady("steady", Retries, 3))).Start();
        Serve(agent, "10.96.11.2");
        agent.Eventually(() => _node.Read(Retries) == "3", "steady's sysctl");
        agent.Stop();
        Assert.Equal("3", _node.Read(Retries));
        Directory.Delete(Path.Combine(_node.DropIn.Path, "steady"), recursive: true);
        Directory.Delete(Path.Combine(agent.Folder, "state", "drop-in"), recursive: true);
        agent.Configure("- { name: nothing }");

        agent.Command("cleanup", "--config", agent.Configuration);

        Assert.Equal(before, _node.Kernel());
    }

    [KernelFact]
    public void Observe_writes_nothing_and_a_label_starts_and_stops_ipvs()
    {
        // What an agent of another kind left: an observer must not take it for its own, not even when it is switched off.
        _node.Host.Script("iptables -t nat -N KUBE-SERVICES; iptables -t nat -A KUBE-SERVICES -m comment --comment foreign -j RETURN");
        using var agent = _node.Agent("- { name: ipvs, nodeSelector: { role: edge } }", "logging: { level: debug }");
        agent.Manifests.Node("role: edge, plugins.netagent.io/ipvs: observe");
        agent.Manifests.Service("web", "10.96.11.3", Manifests.Port(), [Manifests.Ready(PodA)]);
        var before = _node.Kernel();
        agent.Start();
        agent.Eventually(() => agent.Plugin("ipvs") == ("Running", "observe (label plugins.netagent.io/ipvs=observe)")
            && agent.Running.Log.Contains(" is in after ", StringComparison.Ordinal), "ipvs observes");
        Assert.Equal(before, _node.Kernel());
        agent.Manifests.Node("role: core");
        agent.Eventually(() => agent.Plugin("ipvs").Gate == "off (nodeSelector role=edge does not match)", "ipvs is off");
        Assert.Equal(before, _node.Kernel());

        // An emulated kernel with one CPU beside others' work: the two seconds are held where the API server is, in LabelTests.
        var (set, removed) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var i = 0; i < 2; i++)
        {
            set.Add(Timed(agent, "label set", () => agent.Manifests.Node("role: edge"), () => IpvsTable.HasReal(_node.Host, PodA, 8080)));
            removed.Add(Timed(agent, "label removed", () => agent.Manifests.Node(), () => IpvsTable.IsEmpty(_node.Host)));
        }
        _output.WriteLine(agent.Running.Log);
        Assert.InRange(set.Min(), TimeSpan.Zero, TimeSpan.FromSeconds(30));
        Assert.InRange(removed.Min(), TimeSpan.Zero, TimeSpan.FromSeconds(30));
        agent.Eventually(() => !_node.Host.Script("ip -o link").Contains("kube-ipvs0", StringComparison.Ordinal), "its link is gone");
    }

    private TimeSpan Timed(NodeAgent agent, string what, Action change, Func<bool> isSo)
    {
        var start = Stopwatch.GetTimestamp();
        change();
        agent.Eventually(isSo, what);
        var took = Stopwatch.GetElapsedTime(start);
        _output.WriteLine($"{what}: {took.TotalMilliseconds:0} ms");
        return took;
    }

    private void Serve(NodeAgent agent, string clusterIP)
    {
        agent.Manifests.Service("web", clusterIP, Manifests.Port(), [Manifests.Ready(PodA)]);
        agent.Eventually(() => IpvsTable.HasServer(_node.Host, clusterIP, 80) && IpvsTable.HasReal(_node.Host, PodA, 8080), clusterIP);
    }

    private void Configure(NodeAgent agent, params string[] more) => agent.Configure(Lines([PluginNode.Ipvs, .. more]), _node.DropIn.Settings);

    // Exits 1 where one of them is refused.
    private static string Plugins(NodeAgent agent) => Agent.Run("plugins", "--config", agent.Configuration).Output;

    private static string Steady(string name, string path, object value, string more = "required: false") =>
        $"- {{ name: {name}, {more}, config: {{ path: {path}, value: {value} }} }}";

    private static string Lines(params string[] lines) => string.Join('\n', lines);
}
