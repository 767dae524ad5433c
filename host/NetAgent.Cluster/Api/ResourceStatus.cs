namespace NetAgent.Cluster;

/// <summary>How one followed resource fares, for status and metrics.</summary>
/// <param name="Resource">Such as <c>endpointslices</c>.</param>
/// <param name="IsSynced">It was listed in full once.</param>
/// <param name="Objects">Objects followed now.</param>
/// <param name="Lists">Lists read since start; more than one means the server had forgotten where we were.</param>
/// <param name="Watches">Watches opened since start.</param>
/// <param name="Events">Watch events taken since start.</param>
/// <param name="Failures">Requests and streams that failed since start.</param>
/// <param name="LastContact">When the server last sent something; null before. A quiet watch brings a bookmark about once a minute.</param>
/// <param name="IsFailing">The last try came to nothing, and the next has not come to anything yet.</param>
public sealed record ResourceStatus(
    string Resource, bool IsSynced, int Objects, long Lists, long Watches, long Events, long Failures, DateTimeOffset? LastContact,
    bool IsFailing = false);
