using System.Collections.Frozen;
using NetAgent.Cluster;

namespace NetAgent.Host.Status;

/// <summary>Reasons by which the agent speaks of itself and of what it does with a plugin's rows. No plugin's notice carries one.</summary>
internal enum AgentReason
{
    /// <summary>The cluster has no Node of this name.</summary>
    NodeUnknown,

    /// <summary>It has none any more.</summary>
    NodeDeleted,

    /// <summary>What could not be read may own rows that are not wanted any more.</summary>
    RemovalsWithheld,

    /// <summary>The kernel lacks something that is needed.</summary>
    KernelCapabilityMissing,

    /// <summary>A file of the state directory cannot be read or written.</summary>
    StateFile,

    /// <summary>A label of the Node that means nothing.</summary>
    GateLabel,

    /// <summary>A kind of kernel object cannot be read.</summary>
    KernelUnreadable,

    /// <summary>IPv6 does not work on this node now, and rows of it are left out.</summary>
    FamilyOff,

    /// <summary>The kernel refuses rows.</summary>
    RowRefused,

    /// <summary>A plugin's new version is not taken.</summary>
    UpgradeRefused,

    /// <summary>A plugin's folder is not used.</summary>
    DropInIgnored,

    /// <summary>A port is another program's.</summary>
    FailedToStartServer,

    /// <summary>A Service's health-check port is another program's.</summary>
    FailedToStartServiceHealthcheck,

    /// <summary>A plugin's notice had a reason that is the agent's.</summary>
    ReservedReason,
}

/// <summary>Which reasons are the agent's own.</summary>
internal static class ReservedReasons
{
    private static readonly FrozenSet<string> _names = Enum.GetNames<AgentReason>().Concat(Enum.GetNames<ProblemReason>())
        .ToFrozenSet(StringComparer.Ordinal);

    public static bool Contains(string reason) => _names.Contains(reason);
}

/// <summary>Reasons that plugins use of themselves as the agent does of them.</summary>
internal static class SharedReasons
{
    public const string Configuration = nameof(Configuration);
    public const string ConfigurationWarning = nameof(ConfigurationWarning);
    public const string ConfigurationRefused = nameof(ConfigurationRefused);
}
