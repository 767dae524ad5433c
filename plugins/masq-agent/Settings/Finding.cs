using NetAgent.Contracts;

namespace NetAgent.Plugins.MasqAgent.Settings;

/// <summary>Something found in a configuration.</summary>
/// <param name="Problem">Where, and what.</param>
/// <param name="Reason">Makes it a notice for as long as the configuration is in force; null for the configuration's report only.</param>
internal sealed record Finding(ConfigurationProblem Problem, string? Reason = null)
{
    public Notice ToNotice() =>
        new(Problem.IsInformation ? Severity.Information : Severity.Warning, Reason ?? "Configuration", Problem.ToString());
}
