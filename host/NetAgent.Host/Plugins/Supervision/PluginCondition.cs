using NetAgent.Host.Status;
using NetAgent.Timing;

namespace NetAgent.Host.Plugins.Supervision;

/// <summary>How a plugin is doing, and when it is tried again.</summary>
internal sealed class PluginCondition
{
    private static readonly BackOff _backOff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));

    private int _failures;

    public PluginState State { get; private set; }

    public string? Reason { get; private set; }

    public string? LastError { get; private set; }

    public DateTimeOffset? LastSuccess { get; private set; }

    public DateTimeOffset? RetryAt { get; private set; }

    /// <summary>The node lacks what it needs.</summary>
    public bool IsHeld { get; private set; }

    public void Succeed(DateTimeOffset now)
    {
        _failures = 0;
        State = PluginState.Running;
        IsHeld = false;
        Reason = LastError = null;
        RetryAt = null;
        LastSuccess = now;
    }

    /// <summary>What it was refused for is mended; its first call comes next.</summary>
    public void Restart()
    {
        State = PluginState.Starting;
        IsHeld = false;
        Reason = LastError = null;
    }

    /// <summary>Its failures were under a configuration that is not in force any more: tried at once, and waits begin anew.</summary>
    public void Forgive()
    {
        _failures = 0;
        RetryAt = null;
    }

    /// <summary>Not tried again before something changes.</summary>
    public void Refuse(string reason, string message)
    {
        State = PluginState.Refused;
        IsHeld = false;
        Reason = reason;
        LastError = message;
    }

    /// <summary>Tried again after a while that doubles with each failure in a row.</summary>
    public void Fail(PluginState state, string reason, string message, DateTimeOffset now)
    {
        _failures++;
        State = state;
        IsHeld = false;
        Reason = reason;
        LastError = message;
        RetryAt = now + _backOff.After(_failures);
    }

    /// <summary>Nothing went wrong in it: the node lacks what it needs, and is looked at again at a steady pace.</summary>
    public void Hold(string reason, string message, DateTimeOffset until)
    {
        State = PluginState.BackOff;
        Reason = reason;
        LastError = message;
        RetryAt = until;
        IsHeld = true;
    }

    public void Wedge(string message)
    {
        State = PluginState.Wedged;
        IsHeld = false;
        Reason = "Wedged";
        LastError = message;
        RetryAt = null;
    }

    /// <summary>The retry that was due is under way.</summary>
    public void Retry() => RetryAt = null;
}
