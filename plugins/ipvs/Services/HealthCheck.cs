using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Sets;

namespace NetAgent.Plugins.Ipvs.Services;

/// <summary>The health check node port of one Service.</summary>
internal sealed class HealthCheck(ServiceContext context)
{
    private readonly Dictionary<IpFamily, HashSet<InetAddress>> _localReady = [];
    private readonly List<IpSetEntry> _entries = [];
    private readonly List<InetAddress> _addresses = [];

    public void Add(ServiceFamily family)
    {
        // Without an address to listen on kube-proxy leaves the port out of the set as well.
        if (!family.NodePortAddresses.IsEmpty || context.Service.Ports.Any(port => port.NodePort == 0))
        {
            _entries.Add(IpSetEntry.ForPort(KubeSets.HealthCheckNodePort.Name(family.Family), context.Service.HealthCheckNodePort));
        }
        _addresses.AddRange(family.NodePortAddresses);
        _localReady.TryAdd(family.Family, []);
    }

    public void Add(ServiceFamily family, IEnumerable<InetAddress> localReady) => _localReady[family.Family].UnionWith(localReady);

    public void AddTo(RowSet rows)
    {
        if (!context.HasHealthCheck || _localReady.Count == 0)
        {
            return;
        }
        foreach (var entry in _entries)
        {
            rows.IpSetEntries.Add(entry);
        }
        // A dual-stack pod has an address in each family and is still one endpoint.
        var endpoints = _localReady.Values.Max(addresses => addresses.Count);
        var addresses = context.Node.NodePortsAreRestricted ? _addresses.ToEquatableArray() : default;
        if (context.Node.NodePortsAreRestricted && addresses.IsEmpty)
        {
            return;
        }
        rows.HealthCheckPorts.Add(new HealthCheckPort(context.Service.HealthCheckNodePort, context.Service.Name)
        {
            LocalEndpoints = endpoints,
            Addresses = addresses,
        });
    }
}
