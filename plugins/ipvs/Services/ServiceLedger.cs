using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Chains;

namespace NetAgent.Plugins.Ipvs.Services;

/// <summary>What every Service left in the slice, with the sums over all of them that chains and metrics need.</summary>
internal sealed class ServiceLedger
{
    private readonly Dictionary<NamespacedName, ServiceFootprint> _footprints = [];
    private readonly Dictionary<(IpFamily Family, bool IsInternal), int> _lackingLocal = [];
    private readonly OutFilter _ipv4 = new(IpFamily.IPv4);
    private readonly OutFilter _ipv6 = new(IpFamily.IPv6);

    public OutFilter OutFilter(IpFamily family) => family == IpFamily.IPv6 ? _ipv6 : _ipv4;

    /// <summary>
    /// Services of a family with a Local policy and no local backend (kube-proxy's sync_proxy_rules_no_local_endpoints_total).
    /// </summary>
    public int LackingLocal(IpFamily family, bool isInternal) => _lackingLocal.GetValueOrDefault((family, isInternal));

    public IEnumerable<NamespacedName> Where(Func<ServiceFootprint, bool> condition) =>
        _footprints.Where(pair => condition(pair.Value)).Select(pair => pair.Key);

    /// <summary>The scopes of all Services.</summary>
    public IEnumerable<string> Scopes => _footprints.Values.SelectMany(footprint => footprint.Scopes);

    public void Clear()
    {
        _footprints.Clear();
        _lackingLocal.Clear();
        _ipv4.Clear();
        _ipv6.Clear();
    }

    /// <summary>Notes what a Service left now; gives back the scopes that it no longer has.</summary>
    public IEnumerable<string> Put(NamespacedName service, ServiceFootprint? footprint)
    {
        var before = _footprints.GetValueOrDefault(service);
        Count(before, -1);
        Count(footprint, 1);
        if (footprint is null)
        {
            _footprints.Remove(service);
        }
        else
        {
            _footprints[service] = footprint;
        }
        return before is null ? [] : before.Scopes.Except(footprint?.Scopes ?? default);
    }

    private void Count(ServiceFootprint? footprint, int sign)
    {
        if (footprint is null)
        {
            return;
        }
        foreach (var frontend in footprint.ClosedToNode)
        {
            if (sign > 0)
            {
                OutFilter(frontend.Address.Family).Add(frontend);
            }
            else
            {
                OutFilter(frontend.Address.Family).Remove(frontend);
            }
        }
        foreach (var family in footprint.LacksLocal)
        {
            CountLacking(family, isInternal: true, footprint.InternalIsLocal, sign);
            CountLacking(family, isInternal: false, footprint.ExternalIsLocal, sign);
        }
    }

    private void CountLacking(IpFamily family, bool isInternal, bool counts, int sign)
    {
        if (counts)
        {
            _lackingLocal[(family, isInternal)] = LackingLocal(family, isInternal) + sign;
        }
    }
}
