using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Nodes;

namespace NetAgent.Plugins.Ipvs.Endpoints;

/// <summary>Gathers the backends of a Service port out of all slices of the Service.</summary>
internal static class BackendList
{
    /// <summary>
    /// The backends of one family, each ip:port once; of several reports a local one counts, then a ready one, then the first.
    /// </summary>
    public static List<Backend> Gather(
        EquatableArray<EndpointSlice> slices, ServicePort port, IpFamily family, NodeView node, ServiceWeights weights,
        Func<InetAddress, bool> isUsable)
    {
        var expected = 0;
        foreach (var slice in slices)
        {
            expected += slice.AddressFamily == family ? slice.Endpoints.Count : 0;
        }
        var backends = new List<Backend>(expected);
        var known = new Dictionary<(InetAddress, ushort), int>(expected);
        foreach (var slice in slices)
        {
            if (slice.AddressFamily != family)
            {
                continue;
            }
            foreach (var slicePort in slice.Ports)
            {
                if (slicePort.Port == 0 || slicePort.Protocol != port.Protocol || slicePort.Name != port.Name)
                {
                    continue;
                }
                foreach (var endpoint in slice.Endpoints)
                {
                    if (endpoint.Address.Family == family && isUsable(endpoint.Address))
                    {
                        Add(backends, known, ToBackend(endpoint, slicePort.Port, slice, node, weights));
                    }
                }
            }
        }
        return backends;
    }

    private static Backend ToBackend(Endpoint endpoint, ushort port, EndpointSlice slice, NodeView node, ServiceWeights weights)
    {
        var isLocal = endpoint.NodeName == node.Name;
        var isInZone = endpoint.Zone is not null && endpoint.Zone == node.Zone;
        return new Backend(endpoint.Address, port, endpoint.IsReady, endpoint.IsServing, endpoint.IsTerminating, isLocal,
            weights.For(slice, isLocal, isInZone), endpoint.ZoneHints, endpoint.NodeHints);
    }

    private static void Add(List<Backend> backends, Dictionary<(InetAddress, ushort), int> known, Backend backend)
    {
        var key = (backend.Address, backend.Port);
        if (!known.TryGetValue(key, out var index))
        {
            known.Add(key, backends.Count);
            backends.Add(backend);
        }
        else if (backend.Credibility > backends[index].Credibility)
        {
            backends[index] = backend;
        }
    }
}
