using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Chains;
using NetAgent.Plugins.Ipvs.Configuration;
using NetAgent.Plugins.Ipvs.Nodes;
using NetAgent.Plugins.Ipvs.Services;
using NetAgent.Plugins.Ipvs.Sets;

namespace NetAgent.Plugins.Ipvs;

/// <summary>Keeps the slice in step with the cluster under one configuration, touching what changed.</summary>
internal sealed class Proxier(IpvsConfiguration configuration, NodeView? lastKnownNode = null)
{
    private const string MetricsScope = "node/metrics";
    private readonly ServiceLedger _ledger = new();
    private readonly ClusterIPOwners _owners = new();
    private readonly RowSet _rows = new();
    private readonly Dictionary<IpFamily, ChainInputs> _chains = [];
    private NodeView? _node = lastKnownNode;
    private EquatableArray<int>? _lackingLocal;
    private bool _everythingIsDue = true;

    /// <summary>The node as last seen: what could be read of it outlives a change of configuration.</summary>
    public NodeView? Node => _node;

    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        if (input.Cluster.Node is not { } nodeObject)
        {
            // kube-proxy once programmed before it knew its node's labels and never corrected it.
            _everythingIsDue = true;
            return;
        }
        var before = _node;
        var node = NodeObserver.Observe(nodeObject, input.Facts, configuration, before);
        var everything = _everythingIsDue || input.Changed.Everything || before is null || ConcernsEveryService(before, node);
        // Set until this call has come to its end: after an exception nothing in memory can be trusted to match the slice.
        _everythingIsDue = true;
        _node = node;
        if (everything)
        {
            WriteEverything(input.Cluster, node, slice, cancellationToken);
        }
        else
        {
            WriteServices(Affected(input.Changed, before!, node), input.Cluster, node, slice, cancellationToken);
            WriteFamilies(node, slice, anew: false);
            WriteMetrics(slice, anew: false);
            if (ConcernsNodeScope(before!, node))
            {
                WriteNode(node, slice);
            }
        }
        _everythingIsDue = false;
    }

    private static bool ConcernsEveryService(NodeView before, NodeView now) =>
        before.Name != now.Name || before.Zone != now.Zone || before.IPv4 != now.IPv4 || before.IPv6 != now.IPv6
        || before.Schedulers != now.Schedulers;

    private static bool ConcernsNodeScope(NodeView before, NodeView now) =>
        before.Kernel != now.Kernel || before.LinksKnown != now.LinksKnown || before.PodCIDRs != now.PodCIDRs;

    private HashSet<NamespacedName> Affected(ClusterChange changed, NodeView before, NodeView now)
    {
        var services = new HashSet<NamespacedName>(changed.Services);
        if (before.NodePortAddresses != now.NodePortAddresses || before.NodePortsAreRestricted != now.NodePortsAreRestricted)
        {
            services.UnionWith(_ledger.Where(footprint => footprint.UsesNodePorts));
        }
        if (before.OtherAddresses != now.OtherAddresses || before.ForeignAddresses != now.ForeignAddresses
            || before.PodNetworks != now.PodNetworks)
        {
            services.UnionWith(_ledger.Where(footprint => !footprint.ExternalAddresses.IsEmpty));
        }
        return services;
    }

    private void WriteEverything(ClusterState cluster, NodeView node, ISlice slice, CancellationToken cancellationToken)
    {
        if (_chains.Count == 0)
        {
            // Rules and sets before addresses: else a new node loses what goes through the API server's Service (kubernetes issue 133773).
            WriteNode(node, slice);
            WriteFamilies(node, slice, anew: true);
        }
        _ledger.Clear();
        _owners.Clear();
        _chains.Clear();
        WriteServices(ProgrammingOrder.Sort(cluster.Services.Values), cluster, node, slice, cancellationToken);

        var wanted = _ledger.Scopes.ToHashSet(StringComparer.Ordinal);
        wanted.UnionWith(NodeView.Families.Select(NodeScope.NameOf));
        wanted.UnionWith([NodeScope.NodeName, MetricsScope]);
        foreach (var scope in slice.Scopes.Where(scope => !wanted.Contains(scope)).ToList())
        {
            slice.Remove(scope);
        }
        WriteFamilies(node, slice, anew: true);
        WriteNode(node, slice);
        WriteMetrics(slice, anew: true);
    }

    private void WriteServices(
        IEnumerable<NamespacedName> services, ClusterState cluster, NodeView node, ISlice slice, CancellationToken cancellationToken)
    {
        var writer = new ServiceScopes(SchedulerChoice.Global(configuration.Scheduler, node, notices: null), configuration.VipBinding, node,
            _owners, slice, _rows);
        foreach (var name in WithThoseWhoShareAddresses([.. services], cluster))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var footprint = cluster.Services.TryGetValue(name, out var entry) && ServiceFamily.IsServed(entry.Service)
                ? writer.Write(entry) : null;
            foreach (var scope in _ledger.Put(name, footprint))
            {
                slice.Remove(scope);
            }
        }
    }

    // A cluster IP that comes or goes changes what is to be said of another Service's external address.
    private List<NamespacedName> WithThoseWhoShareAddresses(List<NamespacedName> services, ClusterState cluster)
    {
        var changed = new HashSet<InetAddress>();
        foreach (var name in services)
        {
            var isServed = cluster.Services.TryGetValue(name, out var entry) && ServiceFamily.IsServed(entry.Service);
            changed.UnionWith(_owners.Put(name, isServed ? entry!.Service.ClusterIPs : default));
        }
        if (changed.Count > 0)
        {
            services.AddRange(_ledger.Where(footprint => footprint.ExternalAddresses.Any(changed.Contains)).Except(services).ToList());
        }
        return services;
    }

    private void WriteFamilies(NodeView node, ISlice slice, bool anew)
    {
        foreach (var family in NodeView.Families)
        {
            var inputs = new ChainInputs(family, configuration.MasqueradeBit, configuration.MasqueradeAll,
                LocalTraffic.NotLocal(configuration, node, family),
                KubeSets.All.Select(set => set.Name(family)).Where(set => slice.CountEntries(set) > 0).ToEquatableArray(),
                _ledger.OutFilter(family).Rules);
            if (anew || _chains.GetValueOrDefault(family) != inputs)
            {
                _rows.Clear();
                NodeScope.AddFamily(_rows, inputs);
                slice.Replace(NodeScope.NameOf(family), _rows);
                _chains[family] = inputs;
            }
        }
    }

    private void WriteNode(NodeView node, ISlice slice)
    {
        _rows.Clear();
        NodeScope.AddNode(_rows, configuration, node);
        slice.Replace(NodeScope.NodeName, _rows);
    }

    private void WriteMetrics(ISlice slice, bool anew)
    {
        var counts = NodeView.Families.SelectMany(family =>
            new[] { _ledger.LackingLocal(family, true), _ledger.LackingLocal(family, false) }).ToEquatableArray();
        if (!anew && _lackingLocal == counts)
        {
            return;
        }
        _lackingLocal = counts;
        _rows.Clear();
        foreach (var family in NodeView.Families)
        {
            foreach (var (policy, isInternal) in new[] { ("internal", true), ("external", false) })
            {
                _rows.Gauges.Add(new Gauge("kubeproxy_sync_proxy_rules_no_local_endpoints_total", _ledger.LackingLocal(family, isInternal))
                {
                    Labels = [new Label("ip_family", family.ToString()), new Label("traffic_policy", policy)],
                });
            }
        }
        slice.Replace(MetricsScope, _rows);
    }
}
