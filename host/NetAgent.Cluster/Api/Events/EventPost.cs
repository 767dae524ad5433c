namespace NetAgent.Cluster.Api.Events;

/// <summary>An event as it was handed over.</summary>
internal readonly record struct EventPost(bool IsWarning, string Reason, string Message, DateTimeOffset At);
