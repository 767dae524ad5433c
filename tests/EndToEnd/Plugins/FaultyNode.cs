using System.Diagnostics;
using System.Text.Json;
using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Plugins;

/// <summary>A node whose agent runs plugin ipvs beside everything that can go wrong with the plugins of others, all at once.</summary>
public sealed class FaultyNode : IDisposable
{
    private readonly PluginNode? _node;
    private readonly NodeAgent? _agent;
    private int _endpoint = 20;
    private string? _plugins;

    public FaultyNode()
    {
        if (new KernelFactAttribute().Skip is not null)
        {
            return;
        }
        _node = new();
        foreach (var (sample, name) in new[]
        {
            ("Steady", "steady"), ("Throws", "throws"), ("Hangs", "hangs"), ("Crashes", "crashes"), ("Allocates", "allocates"), ("NewerContract", "newer"),
            ("Steady", "tampered"), ("Steady", "linked"), ("Steady", "owned"), ("Steady", "loose"), ("Steady", "unlisted"), ("Steady", "piped"),
        })
        {
            _node.DropIn.Add(sample, name);
        }
        var at = _node.DropIn.Path;
        DropInFolder.Tamper($"{at}/tampered/Steady.dll");
        File.Delete($"{at}/linked/Steady.dll");
        File.CreateSymbolicLink($"{at}/linked/Steady.dll", $"{at}/steady/Steady.dll");
        Shell.Run("chown", "1234", $"{at}/owned/Steady.dll");
        File.SetUnixFileMode($"{at}/loose/Steady.dll", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        File.WriteAllText($"{at}/unlisted/extra.so", "");
        Shell.Run("mkfifo", "-m", "644", $"{at}/piped/pipe");
        _agent = _node.Agent("""
            - { name: throws, required: false }
            - { name: hangs, required: false }
            - { name: ipvs }
            - { name: crashes, required: false, isolation: process }
            - { name: allocates, required: false, isolation: process, memoryLimit: 48Mi, config: { path: net/ipv4/tcp_fin_timeout } }
            - { name: newer, required: false }
            - { name: tampered, required: false }
            - { name: linked, required: false }
            - { name: owned, required: false }
            - { name: loose, required: false }
            - { name: unlisted, required: false }
            - { name: piped, required: false }
            - { name: steady, config: { path: net/ipv4/tcp_syn_retries, value: 4 } }
            """);
        _agent.Start();
        _agent.Eventually(() => _node.Host.Do(() => File.ReadAllText("/proc/sys/net/ipv4/tcp_syn_retries").Trim()) == "4", "the first programming");
        LogAtFirstProgramming = _agent.Running.Log;
    }

    internal string LogAtFirstProgramming { get; } = "";

    internal NetworkHost Host => _node!.Host;

    internal NodeAgent Agent => _agent!;

    internal JsonElement Status => JsonDocument.Parse(AgentSocket.Get(Agent.StateDirectory, "/status")!).RootElement;

    internal string Metrics => AgentSocket.Get(Agent.StateDirectory, "/metrics")!;

    /// <summary>What <c>netagent plugins</c> prints once all that can go wrong has; asked once, since a process start takes seconds in the lab.</summary>
    internal string PluginsCommand => _plugins ??= TestKit.Agent.Run("plugins", "--config", Agent.Configuration).Output;

    /// <summary>Waits until a plugin is in a state.</summary>
    internal void Until(string plugin, string state) => Agent.Eventually(() => Agent.Plugin(plugin).State == state, $"{plugin} {state}");

    /// <summary>A change to a Service reaches IPVS; returns how long that took.</summary>
    internal TimeSpan Serves(string service)
    {
        var (clusterIP, endpoint) = ($"10.96.10.{_endpoint}", $"10.244.1.{_endpoint++}");
        var start = Stopwatch.GetTimestamp();
        Agent.Manifests.Service(service, clusterIP, Manifests.Port(), [Manifests.Ready(endpoint)]);
        Agent.Eventually(() => IpvsTable.HasServer(Host, clusterIP, 80) && IpvsTable.HasReal(Host, endpoint, 8080), $"{clusterIP} -> {endpoint}");
        return Stopwatch.GetElapsedTime(start);
    }

    public void Dispose()
    {
        _agent?.Dispose();
        _node?.Dispose();
    }
}
