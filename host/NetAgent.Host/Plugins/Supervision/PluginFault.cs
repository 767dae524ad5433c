using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Isolation;
using NetAgent.Host.Plugins.Calls;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.Plugins.Loading;
using NetAgent.Host.Status;

namespace NetAgent.Host.Plugins.Supervision;

/// <summary>What went wrong in a call, as state, reason and words.</summary>
/// <param name="State">What the plugin is in after it.</param>
/// <param name="Reason">CamelCase word.</param>
/// <param name="Message">For people.</param>
/// <param name="IsRetried">Tried again after a while; else not before something changes.</param>
internal readonly record struct PluginFault(PluginState State, string Reason, string Message, bool IsRetried)
{
    /// <param name="what">The call.</param>
    /// <param name="fault">What it threw; not <see cref="PluginWedgedException"/>.</param>
    public static PluginFault Of(string what, Exception fault) => fault switch
    {
        PluginRefusedException { Refusal: var refusal } =>
            new(PluginState.Refused, refusal.Reason, $"{refusal.Message}; {refusal.Fix}", false),
        PluginProcessException => new(PluginState.BackOff, "ProcessEnded", $"{what}: {fault.Message}", true),
        ClaimConflictException => new(PluginState.Refused, "ClaimConflict", fault.Message, true),
        ClaimViolationException => new(PluginState.BackOff, "ClaimViolation", fault.Message, true),
        _ => new(PluginState.BackOff, "ReconcileFailed", $"{what} threw {Describe(fault)}", true),
    };

    /// <summary>What was thrown, why, and where in the plugin; one line.</summary>
    public static string Describe(Exception fault) =>
        fault is PluginThrewException there
            ? OneLine.Of(ThrownFrom.Text(there.Type, there.Message, there.Place)) : ThrownFrom.Describe(fault);
}
