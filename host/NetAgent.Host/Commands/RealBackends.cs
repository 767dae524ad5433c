using Microsoft.Extensions.Logging;
using NetAgent.Cluster;
using NetAgent.Cluster.Yaml;
using NetAgent.Host.Configuration;
using NetAgent.Host.Loop;

namespace NetAgent.Host.Commands;

/// <summary>The kernel and the cluster themselves.</summary>
internal static class RealBackends
{
    public static Backends Create() => new()
    {
        OpenDataplane = NetAgent.Dataplane.Dataplane.Open,
        OpenCluster = OpenCluster,
        ReadFile = ConfigNodeReader.ReadFile,
    };

    private static SourceFeed OpenCluster(ClusterSettings settings, string nodeName, ILogger log)
    {
        if (settings.Manifests is { } manifests)
        {
            return new SourceFeed(new ManifestSource(manifests, nodeName), new NoEvents());
        }
        throw new NotSupportedException("this build follows manifests only; give --manifests");
    }
}
