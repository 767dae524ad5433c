using NetAgent.Contracts;

namespace NetAgent.Host.Status;

/// <summary>How a plugin is doing.</summary>
internal enum PluginState
{
    /// <summary>Loaded; its first reconcile has not happened yet.</summary>
    Starting,

    /// <summary>Its slice is what it wants.</summary>
    Running,

    /// <summary>Its gate says off, or its node selector does not match.</summary>
    Off,

    /// <summary>It failed and is tried again later; its last slice stays.</summary>
    BackOff,

    /// <summary>A call did not return in time; its last slice stays.</summary>
    Wedged,

    /// <summary>It cannot be loaded, its configuration is refused, or another plugin owns what it claims.</summary>
    Refused,
}

/// <summary>One line of <c>netagent plugins</c>.</summary>
internal sealed record PluginStatus
{
    public required string Name { get; init; }

    public PluginState State { get; init; }

    /// <summary>enforce, observe or off, with why.</summary>
    public string Gate { get; init; } = "";

    public bool IsRequired { get; init; }

    public string? Version { get; init; }

    public string? Contract { get; init; }

    public string? Digest { get; init; }

    public PluginClaims Claims { get; init; } = PluginClaims.None;

    /// <summary>Services on this node are its work.</summary>
    public bool ServesServices => !Claims.VirtualServers.IsEmpty;

    /// <summary>Nothing is wrong with it: the node lacks what it needs.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Reason as a CamelCase word, null when all is well.</summary>
    public string? Reason { get; init; }

    public string? LastError { get; init; }

    /// <summary>What its folder holds now is not what runs, and why; null when it is.</summary>
    public string? UpgradeProblem { get; init; }

    /// <summary>Which folder of its name is ignored, and why; null for none.</summary>
    public string? Ignored { get; init; }

    public DateTimeOffset? LastSuccess { get; init; }

    public DateTimeOffset? RetryAt { get; init; }

    public IReadOnlyList<ConfigurationProblem> Problems { get; init; } = [];

    /// <summary>How often its process was started; null when it runs in the agent's.</summary>
    public int? ProcessStarts { get; init; }

    /// <summary>At a call that has taken longer than the loop waits.</summary>
    public bool IsBusy { get; init; }

    /// <summary>Said of a drop-in folder that the image's plugin shadows.</summary>
    public static string? IgnoredText(string? folder) => folder is null ? null
        : $"{folder} is ignored: the image has a plugin of that name, which wins; deliver it under another name, or remove it";

    /// <summary>Its state says this problem already.</summary>
    public bool IsRefusedFor(ConfigurationProblem problem) =>
        State == PluginState.Refused && LastError?.Contains(problem.ToString(), StringComparison.Ordinal) == true;

    public bool IsFailing => State is PluginState.BackOff or PluginState.Wedged or PluginState.Refused;
}
