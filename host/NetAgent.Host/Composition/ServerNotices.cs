using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Host.Cluster;
using NetAgent.Host.Configuration;
using NetAgent.Host.Serving;

namespace NetAgent.Host.Composition;

/// <summary>What is wrong around the loop: ports that others hold, ConfigMaps that cannot be read.</summary>
internal sealed class ServerNotices(AgentServers servers, HealthCheckServers healthChecks, ConfigurationStore store,
    IClusterBackend cluster)
{
    public IReadOnlyList<Notice> Current() => [.. healthChecks.Notices, .. servers.Notices, .. ConfigMaps()];

    // A server that is away is said by the cluster already.
    private IEnumerable<Notice> ConfigMaps() => store.Maps?.Problems
        .Where(problem => !cluster.IsCutOff || problem.Reason != ProblemReason.ApiServerUnreachable)
        .Select(problem => new Notice(Severity.Warning, problem.Reason.ToString(), problem.ToString())) ?? [];
}
