using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Nodes;

namespace NetAgent.Plugins.Ipvs.Endpoints;

/// <summary>Topology hints (KEP-2433, KEP-3015): obeyed only when every ready endpoint has one and one is for this place.</summary>
internal static class TopologyHints
{
    /// <summary>The ready backends meant for this node, or for its zone, or all ready ones.</summary>
    public static List<Backend> Filter(List<Backend> backends, NodeView node)
    {
        // Nearly always all are, and then no copy is made.
        var ready = backends.TrueForAll(backend => backend.IsReady) ? backends : backends.FindAll(backend => backend.IsReady);
        if (AreComplete(ready, backend => backend.NodeHints, node.Name))
        {
            return ready.FindAll(backend => backend.NodeHints.AsSpan().Contains(node.Name));
        }
        if (node.Zone is { Length: > 0 } zone && AreComplete(ready, backend => backend.ZoneHints, zone))
        {
            return ready.FindAll(backend => backend.ZoneHints.AsSpan().Contains(zone));
        }
        return ready;
    }

    private static bool AreComplete(List<Backend> ready, Func<Backend, EquatableArray<string>> hints, string place) =>
        ready.TrueForAll(backend => !hints(backend).IsEmpty) && ready.Exists(backend => hints(backend).AsSpan().Contains(place));
}
