using NetAgent.Contracts;

namespace NetAgent.Plugins.MasqAgent.Settings;

/// <summary>Something found in a configuration.</summary>
/// <param name="Problem">Where, and what.</param>
/// <param name="Reason">Makes it a notice for as long as the configuration is in force; null for the configuration's report only.</param>
internal sealed record Finding(ConfigurationProblem Problem, string? Reason = null)
{
    /// <summary>How much it matters: more than its problem says where a file that is left out refuses nothing else.</summary>
    public Severity Severity { get; init; } = Problem.IsInformation ? Severity.Information : Severity.Warning;

    public Notice ToNotice() => new(Severity, Reason ?? "Configuration", Problem.ToString());
}
