using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Status;

namespace NetAgent.Host.Loop;

/// <summary>Tells the dataplane what could not be read, so that nothing that it may own is removed. Used from the sync loop only.</summary>
internal sealed class UnreadWatch(IDataplane dataplane)
{
    private ClusterState _cluster = ClusterState.Empty;

    private readonly SortedSet<string> _plugins = new(StringComparer.Ordinal);

    /// <summary>What of the cluster could not be read.</summary>
    public UnreadObjects Unread { get; private set; } = UnreadObjects.None;

    /// <summary>All that could not be read, for people.</summary>
    public IReadOnlyList<string> Names => [.. Unread.Names.Select(OneLine.Of), .. _plugins.Select(name => $"the configuration of plugin {name}")];

    /// <summary>Takes the news; true when a sync is owed for them.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="unread">What of it could not be read.</param>
    /// <param name="onDefaults">Plugins that run on defaults because their configuration was refused and there was none before.</param>
    public bool Take(ClusterState cluster, UnreadObjects unread, IEnumerable<string> onDefaults)
    {
        _cluster = cluster;
        var plugins = onDefaults.ToHashSet(StringComparer.Ordinal);
        if (unread == Unread && _plugins.SetEquals(plugins))
        {
            return false;
        }
        Unread = unread;
        _plugins.Clear();
        _plugins.UnionWith(plugins);
        var isAnything = !Unread.Places.IsEmpty;
        dataplane.Withhold(new()
        {
            Services = isAnything || !Unread.Services.IsEmpty,
            Plugins = plugins,
            Endpoints = isAnything ? static _ => true : Unread.Endpoints.IsEmpty ? null : HasUnreadEndpoints,
        });
        return true;
    }

    private bool HasUnreadEndpoints(VirtualServerKey server)
    {
        foreach (var name in Unread.Endpoints)
        {
            if (_cluster.Services.TryGetValue(name, out var entry) && Has(entry.Service, server))
            {
                return true;
            }
        }
        return false;
    }

    private static bool Has(Service service, VirtualServerKey server)
    {
        var isItsAddress = service.ClusterIPs.Contains(server.Address) || service.ExternalIPs.Contains(server.Address)
            || service.LoadBalancerIngress.Any(ingress => ingress.Address == server.Address);
        return service.Ports.Any(port => port.Protocol == server.Protocol
            && ((isItsAddress && port.Port == server.Port) || (port.NodePort != 0 && port.NodePort == server.Port)));
    }
}
