using NetAgent.Cluster;
using NetAgent.Dataplane;

namespace NetAgent.Host.Status;

/// <summary>The agent at the end of one round of the loop; immutable, so that servers read it from any thread.</summary>
internal sealed record AgentSnapshot
{
    public string NodeName { get; init; } = "";

    public DateTimeOffset StartedAt { get; init; }

    public bool IsClusterComplete { get; init; }

    public bool IsNodeKnown { get; init; }

    /// <summary>The Node was known and is no longer in the cluster: what was known of it stays in force.</summary>
    public bool IsNodeGone { get; init; }

    /// <summary>How following the API server goes; empty for manifests.</summary>
    public IReadOnlyList<ResourceStatus> Resources { get; init; } = [];

    /// <summary>What became of events on the Node.</summary>
    public EventCounts Events { get; init; }

    public int ServiceCount { get; init; }

    /// <summary>What of the cluster could not be read; nothing that it may own is removed from the kernel.</summary>
    public UnreadObjects Unread { get; init; } = UnreadObjects.None;

    /// <summary>The same for people, with plugins whose configuration could not be read.</summary>
    public IReadOnlyList<string> UnreadNames { get; init; } = [];

    public string? ConfigurationDigest { get; init; }

    /// <summary>Why the files as they are now are not in force; null when they are.</summary>
    public string? ConfigurationRefusal { get; init; }

    /// <summary>Until when the configuration in force may be taken back (<c>confirmWithin</c>); null when it is not on trial.</summary>
    public DateTimeOffset? TrialUntil { get; init; }

    public IReadOnlyList<PluginStatus> Plugins { get; init; } = [];

    /// <summary>Why the record of plugins could not be written; null when it could.</summary>
    public string? RecordProblem { get; init; }

    /// <summary>Unloaded plugins whose memory is not free yet.</summary>
    public IReadOnlyList<string> LeakedPlugins { get; init; } = [];

    public DataplaneStatus Dataplane { get; init; } = new([], [], [], [], 0, null, null);

    public KernelCapabilities? Capabilities { get; init; }

    public SyncReport? LastReport { get; init; }

    public IReadOnlyCollection<PostedNotice> Notices { get; init; } = [];

    /// <summary>The API server does not answer, or not as it must: what is programmed grows old.</summary>
    public bool IsCutOff { get; init; }

    /// <summary>Something of the cluster cannot be read or used now: its last good version stays, or the rest of it counts.</summary>
    public bool IsReadInPart { get; init; }

    /// <summary>A required plugin is at its first plan: what it wants is not in the kernel yet.</summary>
    public bool IsStarting => IsClusterComplete && IsNodeKnown && Plugins.Any(plugin => plugin.IsRequired && plugin.State == PluginState.Starting)
        && !Plugins.Any(plugin => plugin.IsRequired && plugin.IsFailing);

    /// <summary>Rows that lose to an older claim.</summary>
    public IEnumerable<FailedRow> Conflicts => Dataplane.Failed.Where(row => row.IsConflict);

    /// <summary>Plugins of which what is in force is not what the files ask for.</summary>
    public IEnumerable<PluginStatus> Refused => Plugins.Where(plugin => plugin.Problems.Any(problem => problem.IsError));

    /// <summary>Every plugin's first plan has been synced with a kernel that could be read.</summary>
    public bool IsProgrammed => LastReport is { ReadFailures.Count: 0 } && !Plugins.Any(plugin => plugin.State == PluginState.Starting || plugin.IsBusy);

    /// <summary>
    /// The cluster has not been read in full or cannot be followed, something of it cannot be read or used, this Node is not in it, a configuration was
    /// refused, a required plugin does not run, or the kernel lacks a row that one wants. What lost to another claim is decided and no fault of this
    /// node's: <see cref="Conflicts"/>.
    /// </summary>
    public bool IsDegraded => IsStarting || !IsClusterComplete || !Unread.IsNone || IsReadInPart || !IsNodeKnown || IsNodeGone || IsCutOff || ConfigurationRefusal is not null
        || LastReport is { ReadFailures.Count: > 0 } || Dataplane.Failed.Any(row => row.IsWholeTable) || Plugins.Any(plugin => plugin.IsRequired
        && (plugin.IsFailing || plugin.Problems.Any(problem => problem.IsError) || Dataplane.Failed.Any(row => row.Plugin == plugin.Name && !row.IsConflict)));
}

/// <summary>Events on the Node since the agent's start.</summary>
/// <param name="Written">Written, repeats included.</param>
/// <param name="Dropped">Too many of a reason, or the API server was unwell for too long.</param>
/// <param name="Refused">The API server would not take them.</param>
internal readonly record struct EventCounts(long Written, long Dropped, long Refused);
