using NetAgent.Cluster;
using NetAgent.Dataplane;
using NetAgent.Host.Loop;
using NetAgent.Host.Plugins;

namespace NetAgent.Host.Serving;

/// <summary>The agent at the end of one round of the loop; immutable, so that servers read it from any thread.</summary>
internal sealed record AgentSnapshot
{
    public string NodeName { get; init; } = "";

    public DateTimeOffset StartedAt { get; init; }

    public bool IsClusterComplete { get; init; }

    public bool IsNodeKnown { get; init; }

    /// <summary>How following the API server goes; empty for manifests.</summary>
    public IReadOnlyList<ResourceStatus> Resources { get; init; } = [];

    public int ServiceCount { get; init; }

    public string? ConfigurationDigest { get; init; }

    /// <summary>Why the files as they are now are not in force; null when they are.</summary>
    public string? ConfigurationRejection { get; init; }

    public IReadOnlyList<PluginStatus> Plugins { get; init; } = [];

    /// <summary>Why the record of plugins could not be written; null when it could.</summary>
    public string? RecordProblem { get; init; }

    /// <summary>Unloaded plugins whose memory is not free yet.</summary>
    public IReadOnlyList<string> LeakedPlugins { get; init; } = [];

    public DataplaneStatus Dataplane { get; init; } = new([], [], [], [], 0, null, null);

    public KernelCapabilities? Capabilities { get; init; }

    public SyncReport? LastReport { get; init; }

    public IReadOnlyCollection<PostedNotice> Notices { get; init; } = [];

    /// <summary>The cluster has not been read, a configuration was refused, a required plugin does not run, or the kernel lacks a row that one wants.</summary>
    public bool IsDegraded => !IsClusterComplete || !IsNodeKnown || ConfigurationRejection is not null || Plugins.Any(plugin => plugin.IsRequired
        && (plugin.IsFailing || plugin.Problems.Any(problem => problem.IsError) || Dataplane.Failed.Any(row => row.Plugin == plugin.Name && !row.IsConflict)));
}
