using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Chains;

/// <summary>
/// The load balancer ports that this node itself may not use, because its address is in none of their source ranges. Several Services
/// may name one; it stays until the last has gone.
/// </summary>
internal sealed class OutFilter
{
    private readonly SortedDictionary<string, int> _rules = new(StringComparer.Ordinal);
    private EquatableArray<string>? _snapshot;

    public OutFilter(IpFamily family) => Family = family;

    public IpFamily Family { get; }

    /// <summary>The rules in ordinal order: kube-proxy's is random, ours must not be.</summary>
    public EquatableArray<string> Rules => _snapshot ??= _rules.Keys.ToEquatableArray();

    public void Add(VirtualServerKey frontend)
    {
        var rule = RuleFor(frontend);
        _rules[rule] = _rules.GetValueOrDefault(rule) + 1;
        _snapshot = null;
    }

    public void Remove(VirtualServerKey frontend)
    {
        var rule = RuleFor(frontend);
        if (_rules.TryGetValue(rule, out var count) && count > 1)
        {
            _rules[rule] = count - 1;
        }
        else
        {
            _rules.Remove(rule);
        }
        _snapshot = null;
    }

    public void Clear()
    {
        _rules.Clear();
        _snapshot = null;
    }

    internal static string RuleFor(VirtualServerKey frontend) =>
        $"-s {InetPrefix.Host(frontend.Address)} -m ipvs --vproto {(int)frontend.Protocol} --vaddr {frontend.Address} --vport"
            + $" {frontend.Port} -j DROP";
}
