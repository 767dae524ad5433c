using NetAgent.Contracts;

namespace NetAgent.Host.Plugins;

/// <summary>What changed since a plugin's last successful reconcile.</summary>
internal sealed class PendingChange
{
    private readonly HashSet<NamespacedName> _services = [];
    private bool _everything = true;
    private bool _node;
    private bool _facts;

    public bool IsEmpty => !_everything && !_node && !_facts && _services.Count == 0;

    public bool IsEverything => _everything;

    public void Add(ClusterChange change)
    {
        _everything |= change.Everything;
        _node |= change.Node;
        _facts |= change.Facts;
        _services.UnionWith(change.Services);
    }

    public void AddEverything() => _everything = true;

    public ClusterChange ToChange() => _everything
        ? ClusterChange.All
        : new() { Node = _node, Facts = _facts, Services = [.. _services] };

    public void Clear()
    {
        _everything = _node = _facts = false;
        _services.Clear();
    }
}
