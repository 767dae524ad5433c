using NetAgent.Contracts;

namespace NetAgent.Host.Configuration;

/// <summary>What becomes of a plugin's kernel state when the plugin is switched off.</summary>
internal enum OnDisable
{
    /// <summary>It is removed, and sysctls are put back.</summary>
    Cleanup,

    /// <summary>It stays and is forgotten.</summary>
    Retain,
}

/// <summary>A stable share of the nodes.</summary>
/// <param name="Percent">0 to 100.</param>
/// <param name="Salt">Changes which nodes are in the share.</param>
internal sealed record Rollout(double Percent, string Salt);

/// <summary>One of <c>plugins:</c>.</summary>
internal sealed record PluginEntry
{
    public required string Name { get; init; }

    public ConfigNode? Inline { get; init; }

    /// <summary>Absolute paths of configFile or configFiles.</summary>
    public EquatableArray<string> Files { get; init; }

    public EquatableArray<string> Arguments { get; init; }

    public EquatableArray<Label> NodeSelector { get; init; }

    /// <summary>The agent is unhealthy while this plugin does not run.</summary>
    public bool IsRequired { get; init; } = true;

    public OnDisable OnDisable { get; init; }

    /// <summary>Null: in the agent's own process.</summary>
    public PluginIsolation? Isolation { get; init; }

    /// <summary>Overrides the agent's own share.</summary>
    public Rollout? Rollout { get; init; }
}

/// <summary><c>dropIn:</c>: third parties' plugins, off unless a list of digests is given.</summary>
/// <param name="Directory">Holds one folder per plugin.</param>
/// <param name="Digests">A file in sha256sum's format that lists every file below <paramref name="Directory"/>.</param>
internal sealed record DropInSettings(string Directory, string Digests);

/// <summary>Where the cluster's objects come from; all null means the pod's service account.</summary>
internal sealed record ClusterSettings(string? Kubeconfig, string? Context, string? Manifests)
{
    /// <summary>Read all Nodes now and then, to find external addresses that are theirs.</summary>
    public bool OtherNodes { get; init; }
}

/// <summary><c>logging:</c>.</summary>
internal sealed record LoggingSettings(string Format, string Level)
{
    /// <summary>For a command that says itself what there is to say.</summary>
    public static LoggingSettings Silent { get; } = new("text", "none");

    /// <summary>Warnings are written.</summary>
    public bool HasWarnings => Level is not ("error" or "none");
}

/// <summary>NetAgentConfiguration, netagent.io/v1alpha1.</summary>
internal sealed record AgentConfiguration
{
    public IReadOnlyList<PluginEntry> Plugins { get; init; } = [];

    public ClusterSettings Cluster { get; init; } = new(null, null, null);

    /// <summary>Null: no metrics server.</summary>
    public BindAddress? Metrics { get; init; }

    /// <summary>Null: no health server.</summary>
    public BindAddress? Healthz { get; init; }

    /// <summary>The same for the kubelet's probes, where <see cref="Healthz"/> may be kube-proxy's still. Null: none.</summary>
    public BindAddress? Probe { get; init; }

    public TimeSpan MinSyncPeriod { get; init; }

    public TimeSpan VerifyPeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a plugin's call may take before the plugin counts as wedged.</summary>
    public TimeSpan PluginDeadline { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromMinutes(15);

    public string StateDirectory { get; init; } = "/var/lib/netagent";

    public string PluginDirectory { get; init; } = "";

    /// <summary>Where the host's folders are that are written: a pod that is not privileged has /proc/sys read-only and mounts the host's /proc/sys/net elsewhere.</summary>
    public string FileSystemRoot { get; init; } = "/";

    public DropInSettings? DropIn { get; init; }

    public Rollout? Rollout { get; init; }

    /// <summary>A new configuration under which a plugin fails within this time is taken back; zero for never.</summary>
    public TimeSpan ConfirmWithin { get; init; }

    /// <summary>Keep the condition NetAgentReady on the Node; it takes the right to patch nodes/status.</summary>
    public bool NodeCondition { get; init; }

    public LoggingSettings Logging { get; init; } = new("text", "information");
}

/// <summary>What reading a configuration gave.</summary>
/// <param name="Configuration">Null when it was refused.</param>
/// <param name="Problems">Errors and warnings.</param>
internal sealed record AgentConfigurationResult(AgentConfiguration? Configuration, IReadOnlyList<ConfigurationProblem> Problems)
{
    public IEnumerable<ConfigurationProblem> Errors => Problems.Where(problem => problem.IsError);
}
