using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Cluster;
using NetAgent.Host.Configuration;

namespace NetAgent.Host.Composition;

/// <summary>What commands need of the kernel, the cluster and files; tests put their own in.</summary>
internal sealed record Backends
{
    public required Func<DataplaneOptions, IDataplane> OpenDataplane { get; init; }

    public required Func<ClusterSettings, string, ILogger, IClusterBackend> OpenCluster { get; init; }

    /// <summary>ConfigMaps as configuration. Throws IOException when there is no way to the API server.</summary>
    public Func<ClusterSettings, IConfigMaps> OpenConfigMaps { get; init; } = _ => throw new IOException("there is no API server to read it from");

    /// <summary>All Nodes, read once. Throws IOException when there is no way to them.</summary>
    public Func<ClusterSettings, CancellationToken, Task<IReadOnlyList<Node>>> ReadNodes { get; init; } = (_, _) => Task.FromResult<IReadOnlyList<Node>>([]);

    public required Func<string, ConfigurationFile> ReadFile { get; init; }

    public TextWriter Output { get; init; } = Console.Out;

    public TextWriter Error { get; init; } = Console.Error;

    /// <summary>Tells systemd how the agent is; silent where systemd did not start it.</summary>
    public ISystemdNotifier Notifier { get; init; } = new SystemdNotifier();

    /// <summary>What the process is told by signals.</summary>
    public AgentSignals Signals { get; init; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
