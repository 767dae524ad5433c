using Microsoft.Extensions.Logging;
using NetAgent.Dataplane;
using NetAgent.Host.State;

namespace NetAgent.Host.Plugins.Supervision;

/// <summary>What a supervisor needs of its surroundings.</summary>
internal sealed record SupervisorSettings(IDataplane Dataplane, TimeProvider Time, TimeSpan Deadline, string NodeName, ILogger Log,
    Action Wake)
{
    /// <summary>Runs <c>plugin-host</c>: this program.</summary>
    public string Executable { get; init; } = Path.Combine(AppContext.BaseDirectory, "netagent");

    /// <summary>How long the loop waits for a plugin before it goes on without it.</summary>
    public TimeSpan SoftDeadline { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// How long for one that is loaded or configured: rarer, slower, and what it claims should be known before its siblings claim.
    /// </summary>
    public TimeSpan StartSoftDeadline => SoftDeadline == Timeout.InfiniteTimeSpan ? SoftDeadline : 5 * SoftDeadline;

    /// <summary>What plugins accepted before; null where nothing is kept.</summary>
    public LastGoodConfigurations? LastGood { get; init; }

    /// <summary>Told the name of a plugin each time that it failed.</summary>
    public Action<string> Failed { get; init; } = _ => { };
}
