using System.Collections.Immutable;
using NetAgent.Contracts;
using NetAgent.Dataplane;

namespace NetAgent.Host.Loop;

/// <summary>Reads what plugins asked to see, no more often than needed, and tells each whether what it asked for changed.</summary>
internal sealed class FactsWatch(IDataplane dataplane, TimeProvider time)
{
    public static readonly TimeSpan ConntrackPeriod = TimeSpan.FromSeconds(5);

    private Observations _wanted = Observations.None;
    private DateTimeOffset _lastRead = DateTimeOffset.MinValue;

    public NodeFacts Facts { get; private set; } = NodeFacts.Unknown;

    /// <summary>When the next sample is due; null when nobody asked for one.</summary>
    public DateTimeOffset? NextDue => _wanted.Conntrack ? _lastRead + ConntrackPeriod : null;

    /// <summary>Reads when the wish is new, a sample is due or <paramref name="force"/> says so. Returns what there was before.</summary>
    public NodeFacts Refresh(IEnumerable<Observations> wishes, bool force)
    {
        var before = Facts;
        var wanted = Union(wishes);
        var now = time.GetUtcNow();
        if (force || wanted != _wanted || _lastRead == DateTimeOffset.MinValue || NextDue <= now)
        {
            _wanted = wanted;
            _lastRead = now;
            Facts = dataplane.Observe(wanted);
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
            || (wanted.IpvsSchedulers && before.IpvsSchedulers != after.IpvsSchedulers)
            || (!wanted.Sysctls.IsEmpty && (!Same(before.Sysctls, after.Sysctls) || !Same(before.ReadOnlySysctls, after.ReadOnlySysctls))));

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
            Sysctls = all.SelectMany(wish => wish.Sysctls).Distinct().Order(StringComparer.Ordinal).ToEquatableArray(),
            IptablesTables = all.SelectMany(wish => wish.IptablesTables).Distinct().Order(StringComparer.Ordinal).ToEquatableArray(),
        };
    }
}
