using NetAgent.Contracts;

namespace NetAgent.Plugins.ConntrackTuner.Pressure;

/// <summary>
/// A notice that comes when something starts and goes when it has been over for a while. Its text is fixed when it comes: one that
/// moved with the numbers would be a new event at every sample.
/// </summary>
internal sealed class Alarm(Severity severity, string reason, TimeSpan quiet)
{
    private string? _message;
    private DateTimeOffset _lastSeen;

    public Notice? Notice => _message is null ? null : new(severity, reason, _message);

    /// <summary>Looks once.</summary>
    /// <param name="isOn">It is going on.</param>
    /// <param name="isOver">It is not going on, by a threshold at some distance.</param>
    /// <param name="now">When.</param>
    /// <param name="message">Asked for only when the alarm comes.</param>
    public void Look(bool isOn, bool isOver, DateTimeOffset now, Func<string> message)
    {
        if (isOn || !isOver)
        {
            _lastSeen = now;
        }
        if (isOn)
        {
            _message ??= message();
        }
        else if (isOver && now - _lastSeen >= quiet)
        {
            _message = null;
        }
    }
}
