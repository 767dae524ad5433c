using NetAgent.Contracts;
using NetAgent.Ipvs.Tests.Recordings;
using NetAgent.Plugins.Ipvs;
using NetAgent.TestKit;

namespace NetAgent.Ipvs.Tests;

/// <summary>The plugin with a cluster and a node that tests change step by step; every step is told to the plugin as the host would.</summary>
internal sealed class Proxy
{
    private readonly IpvsPlugin _plugin = new();
    private bool _started;

    public Proxy(string configuration = "{}")
    {
        Result = _plugin.Configure(new PluginConfiguration { Inline = ConfigJson.Read(configuration) });
        Assert.True(Result.IsAccepted, string.Join('\n', Result.Problems));
        Slice.Claims = Result.Claims;
    }

    public ConfigurationResult Result { get; private set; }

    public InMemorySlice Slice { get; } = new();

    public ClusterState Cluster { get; private set; } = ClusterState.Empty with { Node = RecordedNode.Node };

    public NodeFacts Facts { get; private set; } = RecordedNode.Facts;

    /// <summary>Virtual servers as <c>10.96.10.1:80/TCP</c>, in order.</summary>
    public IEnumerable<string> Servers => Slice.VirtualServers.Rows.Select(row => row.Key.ToString()).Order(StringComparer.Ordinal);

    public IEnumerable<string> Bound => Slice.Addresses.Rows.Select(row => row.Key.Address.ToString()).Order(StringComparer.Ordinal);

    /// <summary>Real servers of a virtual server as addresses, in order.</summary>
    public IEnumerable<string> Backends(string server) => Slice.RealServers.Rows.Where(row => row.Key.Server.ToString() == server)
        .Select(row => row.Key.Address.ToString()).Order(StringComparer.Ordinal);

    public int Weight(string server, string backend) =>
        Slice.RealServers.Rows.Single(row => row.Key.Server.ToString() == server && row.Key.Address.ToString() == backend).Weight;

    public IEnumerable<string> Members(string set) => KernelText.Render("ipset.txt", Slice).Split('\n')
        .Where(line => line.StartsWith($"add {set} ", StringComparison.Ordinal)).Select(line => line[$"add {set} ".Length..]);

    public EquatableArray<string> Rules(string table, string chain, IpFamily family = IpFamily.IPv4) =>
        Slice.Chains.Rows.Single(row => row.Key == new ChainKey(family, table, chain)).Rules;

    public Proxy Put(Service service, params EndpointSlice[] slices)
    {
        Cluster = Cluster with { Services = Cluster.Services.SetItem(service.Name, new ServiceEndpoints(service, slices.ToEquatableArray())) };
        return Tell(new ClusterChange { Services = [service.Name] });
    }

    public Proxy Put(Service service) => Put(service, Array.Empty<EndpointSlice>());

    public Proxy Put(Service service, params Endpoint[] endpoints) => Put(service, Sample.Slice("web-a", endpoints));

    public Proxy Delete(string name)
    {
        var service = new NamespacedName("default", name);
        Cluster = Cluster with { Services = Cluster.Services.Remove(service) };
        return Tell(new ClusterChange { Services = [service] });
    }

    public Proxy Node(Node? node)
    {
        Cluster = Cluster with { Node = node };
        return Tell(new ClusterChange { Node = true });
    }

    public Proxy Observe(NodeFacts facts)
    {
        Facts = facts;
        return Tell(new ClusterChange { Facts = true });
    }

    public Proxy Configure(string configuration)
    {
        Result = _plugin.Configure(new PluginConfiguration { Inline = ConfigJson.Read(configuration) });
        return Tell(ClusterChange.All);
    }

    /// <summary>A plugin that has seen nothing yet, in front of the same cluster and node.</summary>
    public Proxy Fresh(string configuration) => new Proxy(configuration) { Cluster = Cluster, Facts = Facts }.Tell(ClusterChange.All);

    public Proxy Tell(ClusterChange change)
    {
        Slice.Calls.Clear();
        _plugin.Reconcile(new ReconcileInput
        {
            Cluster = Cluster,
            Facts = Facts,
            Changed = _started ? change : ClusterChange.All,
            NodeName = RecordedNode.Name,
            Now = DateTimeOffset.UnixEpoch,
        },
            Slice, TestContext.Current.CancellationToken);
        _started = true;
        return this;
    }
}
