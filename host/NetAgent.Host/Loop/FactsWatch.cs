using System.Collections.Immutable;
using NetAgent.Contracts;
using NetAgent.Dataplane;

namespace NetAgent.Host.Loop;

/// <summary>Reads what plugins asked to see, no more often than needed, and tells each whether what it asked for changed.</summary>
internal sealed class FactsWatch(IDataplane dataplane, TimeProvider time)
{
    public static readonly TimeSpan ConntrackPeriod = TimeSpan.FromSeconds(5);

    private static readonly Observations ConntrackAlone = new() { Conntrack = true };

    private Observations _wanted = Observations.None;
    private DateTimeOffset _lastRead = DateTimeOffset.MinValue;
    private DateTimeOffset _lastSample = DateTimeOffset.MinValue;
    private TimeSpan _pace = ConntrackPeriod;
    private bool _areHostsNew;

    public NodeFacts Facts { get; private set; } = NodeFacts.Unknown;

    /// <summary>Addresses of other hosts that the cluster knows.</summary>
    public EquatableArray<ForeignAddress> OtherHosts
    {
        get;
        set
        {
            _areHostsNew |= field != value;
            field = value;
        }
    }

    /// <summary>When the next sample is due; null when nobody asked for one.</summary>
    public DateTimeOffset? NextDue => _wanted.Conntrack ? _lastSample + _pace : null;

    /// <summary>Reads when the wish is new, a sample is due or <paramref name="force"/> says so. Returns what there was before.</summary>
    /// <param name="wishes">What plugins asked for.</param>
    /// <param name="force">Read all of it now.</param>
    /// <param name="verify">The kernel is about to be verified: read even what is dear.</param>
    /// <param name="conntrackPeriod">How often those who watch connection tracking want to look; null for no matter.</param>
    public NodeFacts Refresh(IEnumerable<Observations> wishes, bool force, bool verify = false, TimeSpan? conntrackPeriod = null)
    {
        var before = Facts;
        var wanted = Union(wishes);
        var now = time.GetUtcNow();
        var isAllDue = wanted.Conntrack && now - _lastRead >= ConntrackPeriod;
        if (force || verify || (_areHostsNew && wanted.ForeignAddresses) || wanted != _wanted || _lastRead == DateTimeOffset.MinValue || isAllDue)
        {
            _wanted = wanted;
            _lastRead = now;
            _areHostsNew = false;
            Facts = WithOtherHosts(dataplane.Observe(wanted, verify));
        }
        else if (NextDue <= now)
        {
            Facts = Facts with { Conntrack = dataplane.Observe(ConntrackAlone).Conntrack };
        }
        if (!ReferenceEquals(before, Facts))
        {
            _pace = ConntrackPace.Next(before.Conntrack, Facts.Conntrack, now - _lastSample, conntrackPeriod < ConntrackPeriod ? conntrackPeriod.Value : ConntrackPeriod);
            _lastSample = now;
        }
        return before;
    }

    /// <summary>True when something that the plugin asked for differs.</summary>
    public static bool Differ(Observations wanted, NodeFacts before, NodeFacts after) =>
        !ReferenceEquals(before, after) && (
            before.KernelVersion != after.KernelVersion || before.CpuCount != after.CpuCount || before.MemoryBytes != after.MemoryBytes
            || (wanted.Links && before.Links != after.Links)
            || (wanted.Conntrack && before.Conntrack != after.Conntrack)
            || (!wanted.IptablesTables.IsEmpty && !before.IptablesTables.Equals(after.IptablesTables))
            || (wanted.ForeignAddresses && before.ForeignAddresses != after.ForeignAddresses)
            || (wanted.IpvsSchedulers && before.IpvsSchedulers != after.IpvsSchedulers)
            || (!wanted.Sysctls.IsEmpty && (!Same(before.Sysctls, after.Sysctls) || !Same(before.ReadOnlySysctls, after.ReadOnlySysctls))));

    // A Node says more of an address than a setting of this node does. What is on a dummy link is most likely a service address: the very one
    // that is to be found.
    private NodeFacts WithOtherHosts(NodeFacts facts)
    {
        if (!_wanted.ForeignAddresses)
        {
            return facts;
        }
        var own = (facts.Links ?? default).Where(link => link.Kind != "dummy").SelectMany(link => link.Addresses).Select(prefix => prefix.Address).ToHashSet();
        return facts with
        {
            ForeignAddresses = OtherHosts.Concat(facts.ForeignAddresses).Where(host => !own.Contains(host.Address))
                .DistinctBy(host => host.Address).OrderBy(host => host.Address).ToEquatableArray(),
        };
    }

    private static bool Same(ImmutableSortedDictionary<string, string> left, ImmutableSortedDictionary<string, string> right) =>
        ReferenceEquals(left, right) || left.SequenceEqual(right);

    private static Observations Union(IEnumerable<Observations> wishes)
    {
        var all = wishes.ToArray();
        return new()
        {
            Links = all.Any(wish => wish.Links),
            Conntrack = all.Any(wish => wish.Conntrack),
            IpvsSchedulers = all.Any(wish => wish.IpvsSchedulers),
            ForeignAddresses = all.Any(wish => wish.ForeignAddresses),
            Sysctls = all.SelectMany(wish => wish.Sysctls).Distinct().Order(StringComparer.Ordinal).ToEquatableArray(),
            IptablesTables = all.SelectMany(wish => wish.IptablesTables).Distinct().Order(StringComparer.Ordinal).ToEquatableArray(),
        };
    }
}
