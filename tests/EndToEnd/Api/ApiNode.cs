using System.Diagnostics;
using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;
using NetAgent.TestKit.Api;

namespace NetAgent.EndToEnd.Tests.Api;

/// <summary>The built agent on a host of its own (a network namespace), following the real API server. Needs root, and no IPVS.</summary>
internal sealed class ApiNode : IAsyncDisposable
{
    private readonly NamespaceRelay _relay;
    private RunningAgent? _agent;

    internal ApiNode(RealApiServer server, string kubeconfig)
    {
        Kubeconfig = kubeconfig;
        Host = new("api-node");
        _relay = new(Host, server.Port);
    }

    internal NetworkHost Host { get; }

    internal string Kubeconfig { get; }

    internal string Folder { get; } = Directory.CreateTempSubdirectory("netagent-api-node-").FullName;

    internal RunningAgent Running => _agent!;

    internal string AgentYaml(string plugins) => $"""
        apiVersion: netagent.io/v1alpha1
        kind: NetAgentConfiguration
        stateDirectory: {Folder}/state
        metricsBindAddress: ""
        healthzBindAddress: ""
        plugins:
        {plugins}
        """;

    internal string WriteFile(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    internal void Start(string config, string? kubeconfig = null)
    {
        _agent?.Dispose();
        _agent = Host.Do(() => Agent.Start("--config", config, "--kubeconfig", kubeconfig ?? Kubeconfig, "--node-name", "node-1"));
    }

    internal (string State, string Gate) Plugin(string name) => AgentSocket.Plugin(Path.Combine(Folder, "state"), name) is { } plugin
        ? (plugin.GetProperty("state").GetString()!, plugin.GetProperty("gate").GetString()!)
        : ("", "");

    /// <summary>A value below /proc/sys of this host.</summary>
    internal string Sysctl(string path) => Host.Do(() => File.ReadAllText($"/proc/sys/{path}").Trim());

    internal string MasqueradeChain() => Shell.TryRun("ip", "netns", "exec", Host.Name, "iptables", "-t", "nat", "-S", "IP-MASQ-AGENT").Output;

    /// <summary>Makes a change, waits until it shows, and says how long after the change was made.</summary>
    internal async Task<TimeSpan> TimeAsync(Func<Task> change, Func<bool> isSo, string what)
    {
        await change();
        var watch = Stopwatch.StartNew();
        Running.WaitUntil(isSo, TimeSpan.FromSeconds(60), what);
        return watch.Elapsed;
    }

    public async ValueTask DisposeAsync()
    {
        _agent?.Dispose();
        await _relay.DisposeAsync();
        Host.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
