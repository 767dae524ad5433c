using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Network;

/// <summary>An agent on the first node, with a folder for its configuration, state and manifests.</summary>
internal sealed class NodeAgent : IDisposable
{
    private readonly NetworkHost _host;
    private RunningAgent? _agent;

    /// <param name="network">Where it runs.</param>
    /// <param name="plugins">YAML of the plugins list; files are named relative to <see cref="Folder"/>.</param>
    /// <param name="settings">YAML of further keys of the agent's configuration.</param>
    internal NodeAgent(ClusterNetwork network, string plugins, string settings = "")
        : this(network.Node1, plugins, settings)
    {
    }

    /// <param name="host">Where it runs.</param>
    /// <param name="plugins">YAML of the plugins list.</param>
    /// <param name="settings">YAML of further keys of the agent's configuration.</param>
    internal NodeAgent(NetworkHost host, string plugins, string settings = "")
    {
        _host = host;
        Configure(plugins, settings);
    }

    internal string Folder { get; } = Directory.CreateTempSubdirectory("netagent-e2e-").FullName;

    internal Manifests Manifests { get; } = new();

    internal string StateDirectory => Path.Combine(Folder, "state");

    internal string Configuration => Path.Combine(Folder, "agent.yaml");

    internal RunningAgent Running => _agent ?? throw new InvalidOperationException("not started");

    /// <param name="plugins">YAML of the plugins list.</param>
    /// <param name="settings">YAML of further keys.</param>
    internal void Configure(string plugins, string settings = "") => WriteFile("agent.yaml", $"""
        apiVersion: netagent.io/v1alpha1
        kind: NetAgentConfiguration
        stateDirectory: {Folder}/state
        {settings}
        plugins:
        {plugins}
        """);

    internal void WriteFile(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }

    internal NodeAgent Start()
    {
        _agent = _host.Do(() => Agent.Start(
            "--config", Configuration, "--manifests", Manifests.Folder, "--node-name", "node-1"));
        return this;
    }

    internal void Stop()
    {
        Assert.Equal(0, Running.Stop());
        _agent = null;
    }

    /// <summary>Ends it as a crash does.</summary>
    internal void Kill()
    {
        Running.Kill();
        Running.Dispose();
        _agent = null;
    }

    internal string Command(params string[] arguments) => _host.Do(() =>
    {
        var (code, output, error) = Agent.Run(arguments);
        return code == 0 ? output : throw new InvalidOperationException($"netagent {string.Join(' ', arguments)}: exit {code}\n{output}{error}");
    });

    /// <summary>State of a plugin and its gate, as /status says them; empty while there is no answer.</summary>
    internal (string State, string Gate) Plugin(string name) => AgentSocket.Plugin(StateDirectory, name) is { } plugin
        ? (plugin.GetProperty("state").GetString()!, plugin.GetProperty("gate").GetString()!)
        : ("", "");

    // As long as any machine may take: one that is well waits for what happens, not for this.
    internal void Eventually(Func<bool> condition, string what) => Running.WaitUntil(condition, TimeSpan.FromMinutes(4), what);

    public void Dispose()
    {
        _agent?.Dispose();
        Directory.Delete(Folder, recursive: true);
        Directory.Delete(Manifests.Folder, recursive: true);
    }
}
