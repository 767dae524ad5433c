using Microsoft.Extensions.Logging;
using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Cluster;
using NetAgent.Host.Configuration;
using NetAgent.Host.Status;

namespace NetAgent.Host.Loop;

/// <summary>What the sync loop is put together from.</summary>
internal sealed record LoopParts
{
    public required string NodeName { get; init; }

    public required IDataplane Dataplane { get; init; }

    public required IClusterFeed Feed { get; init; }

    public required ConfigurationStore Configuration { get; init; }

    public required ILogger Log { get; init; }

    /// <summary>How long a round waits for a plugin before it goes on without it; infinite for a single look.</summary>
    public TimeSpan SoftDeadline { get; init; } = Timeout.InfiniteTimeSpan;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public IEventSink Events { get; init; } = new NoEventSink();

    public required AgentMetrics Metrics { get; init; }

    public required ProxyHealth Health { get; init; }

    /// <summary>Called when another configuration came into force.</summary>
    public Action<AgentConfiguration> SettingsChanged { get; init; } = _ => { };

    /// <summary>Ports that could not be bound and the like; called from the loop.</summary>
    public Func<IReadOnlyList<Notice>> ServerNotices { get; init; } = () => [];
}
