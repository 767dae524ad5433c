using NetAgent.Contracts;

namespace NetAgent.Host.Status;

/// <summary>What the agent itself has to say about a snapshot, beside its plugins' own notices.</summary>
internal static class LoopNotices
{
    public static IEnumerable<PostedNotice> Of(
        AgentSnapshot snapshot, IReadOnlyList<ConfigurationProblem> problems, IEnumerable<(string Plugin, string Problem)> gateProblems,
        IReadOnlyList<Notice> source)
    {
        foreach (var notice in source)
        {
            yield return new("", notice);
        }
        if (snapshot.Dataplane.Withheld is { Count: > 0 } withheld)
        {
            yield return Agent(Severity.Warning, AgentReason.RemovalsWithheld, UnreadText.Of(snapshot.UnreadNames, withheld));
        }
        if (snapshot is { IsClusterComplete: true, IsNodeKnown: false })
        {
            yield return Agent(Severity.Warning, AgentReason.NodeUnknown,
                $"the cluster has no Node '{snapshot.NodeName}'; nothing is programmed until it has (set --node-name to this node's name)");
        }
        if (snapshot.IsNodeGone)
        {
            yield return Agent(Severity.Warning, AgentReason.NodeDeleted,
                $"the cluster has no Node '{snapshot.NodeName}' any more; its last known labels and addresses stay in force until it is back, which a restart of the kubelet sees to");
        }
        if (snapshot.ConfigurationRefusal is { } refusal)
        {
            yield return new("", new(Severity.Error, SharedReasons.ConfigurationRefused, $"{refusal}; the last good configuration stays in force"));
        }
        foreach (var problem in problems.Where(problem => !problem.IsError))
        {
            yield return new("", OfConfiguration(problem));
        }
        // IPVS is missed only where a plugin needs it.
        var needsIpvs = snapshot.Plugins.Any(plugin => !plugin.Claims.VirtualServers.IsEmpty || plugin.Claims.IpvsTimeouts);
        foreach (var problem in snapshot.Capabilities?.Problems.Where(problem => needsIpvs || problem != snapshot.Capabilities.IpvsProblem) ?? [])
        {
            yield return Agent(Severity.Error, AgentReason.KernelCapabilityMissing, problem);
        }
        if (snapshot.RecordProblem is { } record)
        {
            yield return Agent(Severity.Warning, AgentReason.StateFile, record);
        }
        foreach (var (plugin, problem) in gateProblems)
        {
            yield return new(plugin, new(Severity.Warning, nameof(AgentReason.GateLabel), problem));
        }
        foreach (var plugin in snapshot.Plugins)
        {
            if (plugin.IsFailing)
            {
                yield return new(plugin.Name, new(Severity.Error, plugin.Reason ?? "Failing", $"plugin '{plugin.Name}': {plugin.LastError}"));
            }
            if (plugin.UpgradeProblem is { } upgrade)
            {
                yield return new(plugin.Name, new(Severity.Warning, nameof(AgentReason.UpgradeRefused), $"plugin '{plugin.Name}' {upgrade}"));
            }
            if (plugin.Ignored is { } ignored)
            {
                yield return new(plugin.Name, new(Severity.Warning, nameof(AgentReason.DropInIgnored), ignored));
            }
            // What a plugin says itself of its configuration, as loudly, it has said, and so has its state where it runs under none.
            var said = snapshot.Dataplane.Notices.Where(n => n.Plugin == plugin.Name).Select(n => n.Notice).ToArray();
            foreach (var notice in plugin.Problems.Where(problem => !plugin.IsRefusedFor(problem)).Select(OfConfiguration)
                .Where(notice => !said.Any(own => own.Severity >= notice.Severity && own.Message.Contains(notice.Message, StringComparison.Ordinal))))
            {
                yield return new(plugin.Name, notice);
            }
        }
        foreach (var failure in (snapshot.LastReport?.ReadFailures ?? []).GroupBy(failure => failure.Problem, failure => failure.Table))
        {
            yield return Agent(Severity.Error, AgentReason.KernelUnreadable,
                $"the kernel could not be read, what was known of it stays ({string.Join(", ", failure)}): {failure.Key}") with
            { Cause = failure.Key };
        }
        foreach (var (key, plugin, text, _) in FailureGroups.Of(snapshot.Dataplane.Failed))
        {
            yield return new(plugin, new(Severity.Error, nameof(AgentReason.RowRefused), text)) { Cause = key };
        }
        foreach (var (plugin, notice) in snapshot.Dataplane.Notices)
        {
            yield return new(plugin, plugin.Length > 0 && ReservedReasons.Contains(notice.Reason)
                ? notice with { Reason = nameof(AgentReason.ReservedReason), Message = $"plugin '{plugin}' says '{notice.Reason}', which is the agent's own to say: {notice.Message}" }
                : notice);
        }
    }

    private static Notice OfConfiguration(ConfigurationProblem problem) => problem switch
    {
        { IsError: true } => new(Severity.Error, SharedReasons.ConfigurationRefused, problem.ToString()),
        { IsInformation: true } => new(Severity.Information, SharedReasons.Configuration, problem.ToString()),
        _ => new(Severity.Warning, SharedReasons.ConfigurationWarning, problem.ToString()),
    };

    private static PostedNotice Agent(Severity severity, AgentReason reason, string message) => new("", new(severity, reason.ToString(), message));
}
