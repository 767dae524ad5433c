using NetAgent.Host.Status;

namespace NetAgent.Host.Plugins.Supervision;

/// <summary>When a plugin is called next.</summary>
internal sealed class PluginTimetable(PluginCondition condition, ConfigurationInForce configuration, PendingChange pending)
{
    /// <summary>Null before the first call.</summary>
    public DateTimeOffset? LastCall { get; set; }

    /// <summary>If nothing else happens; null for only on change.</summary>
    public DateTimeOffset? NextDue(DateTimeOffset now)
    {
        if ((!configuration.Exists && configuration.Owed is null) || condition.State == PluginState.Wedged
            || (condition is { State: PluginState.Refused, RetryAt: null } && configuration.Owed is null))
        {
            return null;
        }
        if (condition.RetryAt is { } retry)
        {
            return configuration.IsOwedAnother ? now : retry;
        }
        var accepted = configuration.Result;
        if (pending.IsEmpty && LastCall is not null && configuration.Owed is null)
        {
            return LastCall + accepted.Period;
        }
        return LastCall is { } last && accepted.MinimumPeriod > TimeSpan.Zero ? last + accepted.MinimumPeriod : now;
    }
}
