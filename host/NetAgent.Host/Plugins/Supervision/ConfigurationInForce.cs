using NetAgent.Contracts;

namespace NetAgent.Host.Plugins.Supervision;

/// <summary>What a plugin said to the configurations it was given: which one it works under, and which one it has yet to get.</summary>
internal sealed class ConfigurationInForce
{
    private ConfigurationResult? _accepted;

    /// <summary>Claims, observations and periods under it.</summary>
    public ConfigurationResult Result => _accepted ?? new();

    /// <summary>There is one.</summary>
    public bool Exists => _accepted is not null;

    /// <summary>Of the last one handed over.</summary>
    public IReadOnlyList<ConfigurationProblem> Problems { get; private set; } = [];

    /// <summary>The last one handed over is not the one in force.</summary>
    public bool WasRefused { get; private set; }

    /// <summary>One that could not be handed over yet: the plugin is busy, hung, or its process ended.</summary>
    public PluginConfiguration? Owed { get; set; }

    /// <summary>And it is another than the one under which the plugin failed.</summary>
    public bool IsOwedAnother { get; set; }

    /// <summary>Takes the plugin's answer. False: it works under none, and none of its defaults either.</summary>
    /// <param name="result">The answer.</param>
    /// <param name="isAnother">What the plugin wants must be asked for anew.</param>
    public bool Take(ConfigurationResult result, out bool isAnother)
    {
        Problems = result.Problems;
        WasRefused = !result.IsAccepted;
        isAnother = result.IsAccepted || (_accepted is null && result.UsesDefaults);
        if (isAnother)
        {
            _accepted = result;
        }
        return Exists;
    }
}
