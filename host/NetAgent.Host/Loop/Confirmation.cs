using NetAgent.Dataplane;
using NetAgent.Host.Status;

namespace NetAgent.Host.Loop;

/// <summary>
/// Watches a new configuration for <c>confirmWithin</c>: a plugin that fails now and did not before speaks against it, and so does a row
/// that the kernel refuses.
/// </summary>
internal sealed class Confirmation(TimeProvider time)
{
    private HashSet<string> _failingBefore = [];
    private HashSet<(string, string, string)> _refusedBefore = [];

    /// <summary>Null when no configuration is on trial.</summary>
    public DateTimeOffset? Until { get; private set; }

    public void Begin(TimeSpan within, IEnumerable<PluginStatus> before, IEnumerable<FailedRow> refusedBefore)
    {
        if (within <= TimeSpan.Zero)
        {
            Until = null;
            return;
        }
        Until = time.GetUtcNow() + within;
        _failingBefore = [.. before.Where(plugin => plugin.IsFailing).Select(plugin => plugin.Name)];
        _refusedBefore = [.. refusedBefore.Select(Key)];
    }

    /// <summary>Why the configuration must go; null while nothing speaks against it. Ends the trial when its time is over.</summary>
    public string? Violation(IReadOnlyList<PluginStatus> now, IEnumerable<FailedRow> refused)
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
        // A conflict is a plugin's that came later. What is refused once may be in the way of another for a moment; at the end it counts.
        var isOver = time.GetUtcNow() >= until;
        if (refused.FirstOrDefault(row => !row.IsConflict && (row.Attempts > 1 || isOver) && !_refusedBefore.Contains(Key(row))) is { } row)
        {
            Until = null;
            return $"the kernel refuses what plugin '{row.Plugin}' wants under it ({row.Table} {row.Key}: {row.Operation}: {row.Reason})";
        }
        // One that is still at a call has not said yet how it likes the configuration.
        if (isOver && !now.Any(plugin => plugin.IsBusy))
        {
            Until = null;
        }
        return null;
    }

    private static (string, string, string) Key(FailedRow row) => (row.Plugin, row.Table, row.Key);
}
