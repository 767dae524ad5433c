using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Host.Cluster;
using NetAgent.Host.Loop;
using NetAgent.Host.Status;

namespace NetAgent.Host.Composition;

/// <summary>What a command that looks or works once has in its hands.</summary>
internal sealed class SingleLook(SyncLoop loop, AgentView view, IClusterBackend cluster, AgentFault fault)
{
    public SyncLoop Loop { get; } = loop;

    public AgentSnapshot Snapshot => view.Snapshot;

    /// <summary>Whether what is missing of the cluster does not come by waiting.</summary>
    public bool IsLocal => cluster.IsLocal;

    /// <summary>What is wrong with the cluster's source now.</summary>
    public IReadOnlyList<Notice> SourceNotices => cluster.Notices;

    /// <summary>Of these, why something of the cluster cannot be read or used.</summary>
    public IEnumerable<Notice> UnreadNotices =>
        SourceNotices.Where(notice => Enum.TryParse<ProblemReason>(notice.Reason, out var reason) && reason.LeavesUnread());

    /// <summary>Why the source of the cluster's state failed for good; null while it has not.</summary>
    public Exception? Error => fault.Error;
}
