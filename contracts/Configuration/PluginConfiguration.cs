namespace NetAgent.Contracts;

/// <summary>A configuration file as the host read it.</summary>
public sealed record ConfigurationFile
{
    /// <summary>Where it is, for messages.</summary>
    public required string Path { get; init; }

    /// <summary>False when there is no such file (or it vanished): for some plugins that means defaults.</summary>
    public bool Exists { get; init; }

    /// <summary>The parsed document; null when it does not exist, is empty or does not parse.</summary>
    public ConfigNode? Root { get; init; }

    /// <summary>Why it could not be read or parsed, with line; null when it could.</summary>
    public string? Problem { get; init; }

    /// <summary>
    /// The folder that the entry names, where this is one of the files in it (by name, those with a leading dot left out); else null.
    /// </summary>
    public string? Folder { get; init; }
}

/// <summary>What the agent's configuration says to one plugin.</summary>
public sealed record PluginConfiguration
{
    /// <summary><c>config:</c> of the plugin's entry, or null.</summary>
    public ConfigNode? Inline { get; init; }

    /// <summary>Where <see cref="Inline"/> stands, for messages: the agent's file, whose lines its nodes have.</summary>
    public string InlineSource { get; init; } = "config";

    /// <summary><c>configFile:</c> or <c>configFiles:</c> of the entry, read and parsed; in order.</summary>
    public IReadOnlyList<ConfigurationFile> Files { get; init; } = [];

    /// <summary><c>args:</c> of the entry: flags in the style of the tool that the plugin replaces.</summary>
    public EquatableArray<string> Arguments { get; init; }
}

/// <summary>Something wrong, or worth a word, in a configuration.</summary>
public sealed record ConfigurationProblem
{
    /// <summary>An error refuses the configuration; information means that nothing is wrong and nobody has to do anything.</summary>
    public required Severity Severity { get; init; }

    /// <summary>The file, or <see cref="PluginConfiguration.InlineSource"/>, or <c>args</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The key: <c>ipvs.scheduler</c>, <c>nonMasqueradeCIDRs[2]</c>; empty for the whole of it.</summary>
    public string Path { get; init; } = "";

    /// <summary>Line in the file from 1, or 0 when it is about no line.</summary>
    public int Line { get; init; }

    /// <summary>The value, what is wrong with it and what would be right.</summary>
    public required string Message { get; init; }

    /// <summary>It refuses the configuration.</summary>
    public bool IsError => Severity == Severity.Error;

    /// <summary>Not even a warning.</summary>
    public bool IsInformation => Severity == Severity.Information;

    /// <summary><c>agent.yaml:12: ipvs.scheduler: …</c>.</summary>
    public override string ToString() => $"{Source}{(Line > 0 ? $":{Line}" : "")}: {(Path.Length > 0 ? $"{Path}: " : "")}{Message}";
}

/// <summary>What became of a configuration.</summary>
public sealed record ConfigurationResult
{
    /// <summary>Errors and warnings, in the order of the file.</summary>
    public IReadOnlyList<ConfigurationProblem> Problems { get; init; } = [];

    /// <summary>The configuration was refused, there was none before, and the plugin runs on its defaults.</summary>
    public bool UsesDefaults { get; init; }

    /// <summary>
    /// Paths of files of an accepted configuration that are bad by themselves, so that their last good content counts, or none of them. The
    /// host remembers that content over restarts and hands it over before the present one; the problems of such a file are warnings.
    /// </summary>
    public EquatableArray<string> BadFiles { get; init; }

    /// <summary>What the plugin owns under the configuration now in force.</summary>
    public PluginClaims Claims { get; init; } = PluginClaims.None;

    /// <summary>What the plugin wants to see under the configuration now in force.</summary>
    public Observations Observations { get; init; } = Observations.None;

    /// <summary>Ask for a <see cref="IDataplanePlugin.Reconcile"/> at least this often; null for only on change.</summary>
    public TimeSpan? Period { get; init; }

    /// <summary>
    /// Ask that the kernel be read back at least this often (kube-proxy's syncPeriod); null for the agent's own verifyPeriod.
    /// </summary>
    public TimeSpan? VerifyPeriod { get; init; }

    /// <summary>Wait at least this long between two syncs that this plugin caused (kube-proxy's minSyncPeriod); zero for at once.</summary>
    public TimeSpan MinimumPeriod { get; init; }

    /// <summary>True when nothing in <see cref="Problems"/> is an error.</summary>
    public bool IsAccepted => !Problems.Any(p => p.IsError);
}
