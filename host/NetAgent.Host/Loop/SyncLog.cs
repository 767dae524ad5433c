using Microsoft.Extensions.Logging;
using NetAgent.Dataplane;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Host.Loop;

/// <summary>A line for a sync that did something worth one.</summary>
internal sealed class SyncLog(ILogger log)
{
    public void Say(SyncReport report, bool isFirst)
    {
        if (isFirst)
        {
            log.LogInformation("first sync: {Added} rows added, {Replaced} replaced, {Removed} removed, {Failed} refused in {Duration}",
                report.Added, report.Replaced, report.Removed, report.Failed.Count, GoDuration.ToText(report.Duration));
        }
        else if (report.Drifted > 0)
        {
            log.LogWarning("put right what somebody else had changed ({Drifted}): {Rows}", report.Drifted, string.Join("; ", report.DriftedRows));
        }
        else if (report.Changes > 0)
        {
            log.LogDebug("sync: {Added} rows added, {Replaced} replaced, {Removed} removed in {Duration}",
                report.Added, report.Replaced, report.Removed, GoDuration.ToText(report.Duration));
        }
        foreach (var failure in report.ReadFailures)
        {
            log.LogError("the kernel could not be read, what was known of it stays: {Failure}", failure);
        }
    }
}
