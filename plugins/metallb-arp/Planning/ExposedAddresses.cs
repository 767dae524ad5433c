using NetAgent.Contracts;

namespace NetAgent.Plugins.MetallbArp.Planning;

/// <summary>
/// The IPv4 service addresses that another machine announces, and that this node would answer for too. Kept up change by change.
/// </summary>
internal sealed class ExposedAddresses
{
    private readonly Dictionary<NamespacedName, InetAddress[]> _byService = [];
    private readonly SortedDictionary<InetAddress, int> _uses = [];

    public int Count => _uses.Count;

    /// <summary>Takes over what changed; true when the set of addresses did.</summary>
    public bool Update(ClusterState cluster, ClusterChange change)
    {
        var before = _uses.Keys.ToArray();
        if (change.Everything)
        {
            _byService.Clear();
            _uses.Clear();
            foreach (var (name, service) in cluster.Services)
            {
                Put(name, service.Service);
            }
            return !before.AsSpan().SequenceEqual(_uses.Keys.ToArray());
        }
        var touched = false;
        foreach (var name in change.Services)
        {
            var had = Take(name);
            var has = cluster.Services.TryGetValue(name, out var service) && Put(name, service.Service);
            touched |= had || has;
        }
        return touched && !before.AsSpan().SequenceEqual(_uses.Keys.ToArray());
    }

    public bool AnyIn(InetPrefix subnet) => _uses.Keys.Any(subnet.Contains);

    /// <summary>A few of them for a message, then "and others".</summary>
    public string Shown()
    {
        const int few = 5;
        return string.Join(", ", _uses.Keys.Take(few)) + (_uses.Count > few ? " and others" : "");
    }

    private static IEnumerable<InetAddress> Of(Service service) =>
        service.IsHeadless || service.ProxyName is not null
            ? []
            : service.ExternalIPs
                .Concat(service.LoadBalancerIngress.Where(i => !i.IsProxy).Select(i => i.Address))
                .Where(a => a.Family == IpFamily.IPv4)
                .Distinct();

    private bool Put(NamespacedName name, Service service)
    {
        var addresses = Of(service).ToArray();
        if (addresses.Length == 0)
        {
            return false;
        }
        _byService[name] = addresses;
        foreach (var address in addresses)
        {
            _uses[address] = _uses.GetValueOrDefault(address) + 1;
        }
        return true;
    }

    private bool Take(NamespacedName name)
    {
        if (!_byService.Remove(name, out var addresses))
        {
            return false;
        }
        foreach (var address in addresses)
        {
            if (--_uses[address] == 0)
            {
                _uses.Remove(address);
            }
        }
        return true;
    }
}
