using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Services;

/// <summary>Which Services have which cluster IP: an external address of another one that equals it meets its packets.</summary>
internal sealed class ClusterIPOwners
{
    private readonly Dictionary<NamespacedName, EquatableArray<InetAddress>> _addresses = [];
    private readonly Dictionary<InetAddress, EquatableArray<NamespacedName>> _owners = [];

    public void Clear()
    {
        _addresses.Clear();
        _owners.Clear();
    }

    /// <summary>Notes a Service's addresses, none for one that goes; gives back those whose owners are others now.</summary>
    public IEnumerable<InetAddress> Put(NamespacedName service, EquatableArray<InetAddress> addresses)
    {
        var before = _addresses.GetValueOrDefault(service);
        if (before == addresses)
        {
            return [];
        }
        foreach (var address in before)
        {
            var left = _owners[address].Where(owner => owner != service).ToEquatableArray();
            if (left.IsEmpty)
            {
                _owners.Remove(address);
            }
            else
            {
                _owners[address] = left;
            }
        }
        foreach (var address in addresses.Distinct())
        {
            _owners[address] = _owners.GetValueOrDefault(address).Append(service).Order().ToEquatableArray();
        }
        if (addresses.IsEmpty)
        {
            _addresses.Remove(service);
        }
        else
        {
            _addresses[service] = addresses.Distinct().ToEquatableArray();
        }
        return before.Concat(addresses);
    }

    /// <summary>The first Service but this one that has the address; null when there is none.</summary>
    public NamespacedName? OtherThan(NamespacedName service, InetAddress address)
    {
        foreach (var owner in _owners.GetValueOrDefault(address))
        {
            if (owner != service)
            {
                return owner;
            }
        }
        return null;
    }
}
