using System.Collections.Immutable;
using NetAgent.Contracts;

namespace NetAgent.Cluster.State;

/// <summary>
/// Which Service last changed in which revision, newest last, so that "what changed since" costs what changed. Services that are gone
/// stay for a while, for readers that have not seen it; whoever is further behind is told to look at everything.
/// </summary>
internal sealed class ChangeLog(int keptRemovals = ChangeLog.DefaultKeptRemovals)
{
    public const int DefaultKeptRemovals = 4096;

    private readonly LinkedList<(NamespacedName Name, long Revision, bool Removed)> _order = [];
    private readonly Dictionary<NamespacedName, LinkedListNode<(NamespacedName Name, long Revision, bool Removed)>> _nodes = [];
    private readonly Queue<(NamespacedName Name, long Revision)> _removals = [];
    private long _nodeRevision;
    private long _forgottenUpTo;

    public int Count => _order.Count;

    public void Record(NamespacedName name, long revision, bool removed)
    {
        if (_nodes.Remove(name, out var node))
        {
            _order.Remove(node);
        }
        _nodes[name] = _order.AddLast((name, revision, removed));
        if (removed)
        {
            _removals.Enqueue((name, revision));
            Forget();
        }
    }

    public void RecordNode(long revision) => _nodeRevision = revision;

    public ClusterChange Since(long revision)
    {
        if (revision <= 0 || revision < _forgottenUpTo)
        {
            return ClusterChange.All;
        }
        var services = ImmutableHashSet.CreateBuilder<NamespacedName>();
        for (var node = _order.Last; node is not null && node.Value.Revision > revision; node = node.Previous)
        {
            services.Add(node.Value.Name);
        }
        return new() { Node = _nodeRevision > revision, Services = services.ToImmutable() };
    }

    private void Forget()
    {
        while (_removals.Count > keptRemovals)
        {
            var (name, revision) = _removals.Dequeue();
            // It may have come back meanwhile.
            if (_nodes.TryGetValue(name, out var node) && node.Value.Removed && node.Value.Revision == revision)
            {
                _order.Remove(node);
                _nodes.Remove(name);
                _forgottenUpTo = Math.Max(_forgottenUpTo, revision);
            }
        }
    }
}
