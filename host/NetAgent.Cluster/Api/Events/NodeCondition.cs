namespace NetAgent.Cluster;

/// <summary>A condition of this Node, for those who ask for one (it needs a further permission: patch nodes/status).</summary>
/// <param name="Type">Such as <c>NetAgentReady</c>.</param>
/// <param name="IsTrue">status True or False; null for Unknown.</param>
/// <param name="Reason">CamelCase word.</param>
/// <param name="Message">For people.</param>
/// <param name="ChangedAt">When its status last changed; null to leave what is written.</param>
public sealed record NodeCondition(string Type, bool? IsTrue, string Reason, string Message, DateTimeOffset? ChangedAt);
