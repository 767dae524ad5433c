using NetAgent.Contracts;

namespace NetAgent.Host.Plugins.Supervision;

/// <summary>What changed since a plugin was last called; everything after a call that failed.</summary>
internal sealed class PendingChange
{
    private readonly HashSet<NamespacedName> _services = [];
    private bool _everything = true;
    private bool _node;
    private bool _facts;

    public bool IsEmpty => !_everything && !_node && !_facts && _services.Count == 0;

    public void Add(ClusterChange change)
    {
        _everything |= change.Everything;
        _node |= change.Node;
        _facts |= change.Facts;
        _services.UnionWith(change.Services);
    }

    public void AddEverything() => _everything = true;

    /// <summary>All of it; what comes from now on is for the next call.</summary>
    public ClusterChange Take()
    {
        var change = _everything ? ClusterChange.All : new() { Node = _node, Facts = _facts, Services = [.. _services] };
        _everything = _node = _facts = false;
        _services.Clear();
        return change;
    }
}
