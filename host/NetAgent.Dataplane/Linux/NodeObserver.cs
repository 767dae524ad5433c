using System.Collections.Immutable;
using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Dataplane.Conntrack;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Ipvs;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Routes;
using NetAgent.Dataplane.Sysctls;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Linux;

/// <summary>The node's facts, each part with its last good value when it cannot be read.</summary>
internal sealed class NodeObserver(
    DataplaneOptions options, SysctlTable sysctls, LinkObserver links, ConntrackStatistics conntrack, IptablesView iptables,
    OtherBackend others, OptionalIpvs ipvs,
    ForeignHosts foreign)
    : INodeObserver
{
    // The caller sets the pace; looks for other reasons within a moment share one sample.
    private static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(200);
    private readonly NodeFacts _machine = ReadMachine();
    private EquatableArray<LinkFacts>? _links;
    private IReadOnlyDictionary<string, string> _values = ImmutableSortedDictionary<string, string>.Empty;
    private IReadOnlyDictionary<string, string> _readOnly = ImmutableSortedDictionary<string, string>.Empty;
    private ConntrackFacts? _conntrack;
    private DateTimeOffset _nextSample;
    private EquatableArray<IptablesTableFacts> _tables;
    private EquatableArray<string> _listed;
    private EquatableArray<string>? _schedulers;
    private EquatableArray<ForeignAddress>? _foreign;
    private string _modules = ListSchedulerModules();

    public NodeFacts Observe(Observations wanted, bool verify)
    {
        if (verify)
        {
            _listed = default;
            _foreign = null;
            // A scheduler that somebody loaded counts without a restart of the agent; where no module came, there is nothing to probe.
            var modules = ListSchedulerModules();
            if (modules != _modules)
            {
                (_modules, _schedulers) = (modules, null);
            }
        }
        return Observe(wanted);
    }

    private NodeFacts Observe(Observations wanted) => _machine with
    {
        Links = wanted.Links ? _links = Try(_links, () => links.Observe()) : null,
        Sysctls = Sorted(_values = wanted.Sysctls.IsEmpty ? _values : Try(_values, () => sysctls.ReadPaths(wanted.Sysctls)), wanted),
        ReadOnlySysctls = Sorted(_readOnly = wanted.Sysctls.IsEmpty ? _readOnly : ReadOnly(), wanted),
        Conntrack = wanted.Conntrack ? SampleConntrack() : null,
        IptablesTables = wanted.IptablesTables.IsEmpty ? default : ListTables(wanted.IptablesTables),
        ForeignAddresses = wanted.ForeignAddresses
            ? (_foreign ??= Try<EquatableArray<ForeignAddress>?>(null, () => foreign.Observe())) ?? default : default,
        IpvsSchedulers = wanted.IpvsSchedulers && ipvs.Socket is { } socket
            ? _schedulers ??= Try(_schedulers, () => new IpvsProbe(socket).FindSchedulers())
            : null,
    };

    // A failed read leaves what was known; it is asked for again the next time.
    private static T Try<T>(T last, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (KernelException)
        {
            return last;
        }
    }

    private static ImmutableSortedDictionary<string, string> Sorted(IReadOnlyDictionary<string, string> values, Observations wanted) =>
        wanted.Sysctls.IsEmpty
            ? NodeFacts.Unknown.Sysctls
            : values.ToImmutableSortedDictionary(StringComparer.Ordinal);

    private Dictionary<string, string> ReadOnly()
    {
        var reasons = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in _values.Keys)
        {
            if (sysctls.WhyReadOnly(path) is { } reason)
            {
                reasons.Add(path, reason);
            }
        }
        return reasons;
    }

    private ConntrackFacts? SampleConntrack()
    {
        var now = options.Time.GetUtcNow();
        if (now >= _nextSample)
        {
            _conntrack = Try(_conntrack, () => conntrack.Read());
            _nextSample = now + SampleEvery;
        }
        return _conntrack;
    }

    private EquatableArray<IptablesTableFacts> ListTables(EquatableArray<string> wanted)
    {
        if (_listed != wanted)
        {
            var read = Try<EquatableArray<IptablesTableFacts>?>(null, () => (
                from family in new[] { IpFamily.IPv4, IpFamily.IPv6 }
                from table in (IReadOnlyList<string>)wanted
                where iptables.IsThere(family, table)
                from facts in (IptablesTableFacts?[])[iptables.ReadFacts(family, table), others.Read(family, table)]
                where facts is not null
                select facts).ToEquatableArray());
            if (read is { } tables)
            {
                (_tables, _listed) = (tables, wanted);
            }
        }
        return _tables;
    }

    private static NodeFacts ReadMachine() => new()
    {
        KernelVersion = ParseVersion(ReadText("/proc/sys/kernel/osrelease")),
        CpuCount = Math.Max(1, CountCpus(ReadText("/sys/devices/system/cpu/online"))),
        MemoryBytes = ParseMemory(ReadText("/proc/meminfo")),
    };

    private static string ListSchedulerModules()
    {
        const string folder = "/sys/module";
        return Directory.Exists(folder)
            ? string.Join(' ', Directory.EnumerateDirectories(folder, "ip_vs_*").Select(Path.GetFileName).Order(StringComparer.Ordinal))
            : "";
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The numbers that an osrelease such as <c>6.1.0-13-amd64</c> starts with.</summary>
    internal static Version ParseVersion(string release)
    {
        var digits = new string([.. release.TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]).Trim('.');
        return Version.TryParse(digits, out var version) ? version : new(0, 0);
    }

    /// <summary>How many CPUs a list such as <c>0-3,6</c> names; a container's own limit does not count here.</summary>
    internal static int CountCpus(string online) => online.Split(',', StringSplitOptions.RemoveEmptyEntries).Sum(range =>
    {
        var ends = range.Split('-');
        return int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? last - first + 1
            : 0;
    });

    /// <summary>MemTotal of /proc/meminfo in bytes.</summary>
    internal static long ParseMemory(string meminfo)
    {
        var line = meminfo.Split('\n').FirstOrDefault(l => l.StartsWith("MemTotal:", StringComparison.Ordinal)) ?? "";
        return line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var number, ..]
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes)
            ? kibibytes * 1024
            : 0;
    }
}
