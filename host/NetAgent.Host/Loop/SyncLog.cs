using Microsoft.Extensions.Logging;
using NetAgent.Dataplane;
using NetAgent.Host.Status;

namespace NetAgent.Host.Loop;

/// <summary>
/// A line for a sync that did something worth one, one for the start, when every plugin's first plan is in and not before, and where something was
/// missing then one more when all is in.
/// </summary>
internal sealed class SyncLog(ILogger log, DateTimeOffset startedAt)
{
    private bool _isStarted;
    private bool _isAllIn;
    private (int Added, int Replaced, int Removed) _written;
    private TimeSpan _took;

    public void Say(SyncReport report)
    {
        if (report.Drifted > 0)
        {
            log.LogWarning("put right what somebody else had changed ({Drifted}): {Rows}", report.Drifted, string.Join("; ", report.DriftedRows));
        }
        else if (report.Changes > 0)
        {
            log.LogDebug("sync: {Added} added, {Replaced} replaced, {Removed} removed in {Duration}",
                Counted.Of(report.Added, "row"), report.Replaced, report.Removed, Took.Text(report.Duration));
        }
        if (!_isAllIn)
        {
            _written = (_written.Added + report.Added, _written.Replaced + report.Replaced, _written.Removed + report.Removed);
            _took += report.Duration;
        }
    }

    /// <summary>After a round.</summary>
    public void SayStarted(AgentSnapshot snapshot, DateTimeOffset now)
    {
        if (_isAllIn || !snapshot.IsProgrammed || snapshot.LastReport is not { } report)
        {
            return;
        }
        var missing = snapshot.Plugins.Where(plugin => plugin.IsFailing).Select(plugin => plugin.Name).ToArray();
        var isUnread = !snapshot.Unread.IsNone || snapshot.IsReadInPart;
        var isHeldUp = report.Failed.Count > 0 || missing.Length > 0 || snapshot.Refused.Any();
        if (_isStarted && (isUnread || isHeldUp))
        {
            return;
        }
        (_isStarted, _isAllIn) = (true, !isUnread && !isHeldUp);
        log.LogInformation("{All} is in after {Elapsed}: {Rows} of {Services}, {Added} added, {Replaced} replaced, {Removed} removed, {Refused} refused; writing took {Duration}{Missing}",
            _isAllIn ? "all" : isUnread ? "what could be read" : "what can be", Took.Text(now - startedAt),
            Counted.Of(snapshot.Dataplane.Tables.Sum(table => table.Actual), "row"), Counted.Of(snapshot.ServiceCount, "Service"),
            _written.Added, _written.Replaced, _written.Removed, report.Failed.Count, Took.Text(_took),
            missing.Length == 0 ? "" : $"; without {string.Join(" and ", missing)}, which {(missing.Length == 1 ? "does" : "do")} not run");
    }
}
