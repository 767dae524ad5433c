using NetAgent.Host.Plugins;

namespace NetAgent.Host.Loop;

/// <summary>Watches a new configuration for <c>confirmWithin</c>: a plugin that fails now and did not before speaks against it.</summary>
internal sealed class Confirmation(TimeProvider time)
{
    private HashSet<string> _failingBefore = [];

    /// <summary>Null when no configuration is on trial.</summary>
    public DateTimeOffset? Until { get; private set; }

    public void Begin(TimeSpan within, IEnumerable<PluginStatus> before)
    {
        if (within <= TimeSpan.Zero)
        {
            Until = null;
            return;
        }
        Until = time.GetUtcNow() + within;
        _failingBefore = [.. before.Where(plugin => plugin.IsFailing).Select(plugin => plugin.Name)];
    }

    /// <summary>Why the configuration must go; null while nothing speaks against it. Ends the trial when its time is over.</summary>
    public string? Objection(IReadOnlyList<PluginStatus> now)
    {
        if (Until is not { } until)
        {
            return null;
        }
        if (now.FirstOrDefault(plugin => plugin.IsFailing && !_failingBefore.Contains(plugin.Name)) is { } failing)
        {
            Until = null;
            return $"plugin '{failing.Name}' is {failing.State} under it ({failing.LastError})";
        }
        // One that is still at a call has not said yet how it likes the configuration.
        if (time.GetUtcNow() >= until && !now.Any(plugin => plugin.IsBusy))
        {
            Until = null;
        }
        return null;
    }
}
