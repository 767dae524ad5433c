using Microsoft.Extensions.Logging;
using NetAgent.Cluster;
using NetAgent.Cluster.Yaml;
using NetAgent.Dataplane.Files;
using NetAgent.Dataplane.Ipvs;
using NetAgent.Dataplane.Linux;
using NetAgent.Host.Cluster;
using NetAgent.Host.Configuration;

namespace NetAgent.Host.Composition;

/// <summary>The kernel and the cluster themselves.</summary>
internal static class RealBackends
{
    // Given back by nobody: it lasts to the process's end.
    private static readonly AgentSignals Signals = new(ofProcess: true);

    public static Backends Create() => new()
    {
        Signals = Signals,
        OpenDataplane = LinuxDataplane.Open,
        OpenCluster = OpenCluster,
        OpenConfigMaps = settings => Connect(() => new ConfigMaps(Options(settings, ""))),
        ReadNodes = (settings, cancellationToken) => settings.Manifests is { } manifests
            ? Task.FromResult(NodeList.FromManifests(manifests, ReadManifest))
            : NodeList.FromServerAsync(Options(settings, ""), cancellationToken),
        ReadFile = ConfigurationFiles.Read,
    };

    private static SourceFeed OpenCluster(ClusterSettings settings, string nodeName, ILogger log)
    {
        if (settings.Manifests is { } manifests)
        {
            return new SourceFeed(new ManifestSource(manifests, nodeName, ReadManifest), new NoEventSink());
        }
        var source = Connect(() => new ApiServerSource(Options(settings, nodeName), log));
        return new SourceFeed(source, source.Events);
    }

    private static byte[] ReadManifest(string path) => RegularFile.ReadAllBytes(path, ManifestSource.FileLimit);

    private static ApiServerOptions Options(ClusterSettings settings, string nodeName) =>
        new()
        {
            NodeName = nodeName,
            Kubeconfig = settings.Kubeconfig,
            Context = settings.Context,
            FollowsOtherNodes = settings.OtherNodes,
            ReadFile = static path => RegularFile.ReadAllBytes(path, ConfigNodeReader.ConfigurationLimit),
            IsServed = ServedAddresses.HasTcp,
        };

    private static T Connect<T>(Func<T> open)
    {
        try
        {
            return open();
        }
        catch (InvalidOperationException unusable)
        {
            throw new IOException($"the cluster cannot be reached: {unusable.Message}; give --kubeconfig or --manifests, or run in a pod with a service account", unusable);
        }
    }
}
