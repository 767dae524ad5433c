using System.Collections.Immutable;
using System.Globalization;
using NetAgent.Contracts;
using NetAgent.TestKit;

namespace NetAgent.Plugins.Tests;

/// <summary>
/// A node with one plugin: a table of sysctls that keeps what the contract says of rows (previous values come back when a row goes and the
/// value is still ours; a floor leaves higher numbers), and a clock that tests move.
/// </summary>
internal sealed class ModelNode(IDataplanePlugin plugin)
{
    private readonly Dictionary<string, (string Previous, string Written)> _ours = new(StringComparer.Ordinal);
    private Observations _observations = Observations.None;
    private bool _isFirst = true;

    public SortedDictionary<string, string> Sysctls { get; } = new(StringComparer.Ordinal);

    public InMemorySlice Slice { get; } = new();

    /// <summary>path=value, in the order of writing.</summary>
    public List<string> Writes { get; } = [];

    public Dictionary<string, string> ReadOnly { get; } = [];

    public int CpuCount { get; set; } = 1;

    public long MemoryBytes { get; set; } = 8L << 30;

    public ConntrackFacts? Conntrack { get; set; }

    public EquatableArray<LinkFacts>? Links { get; set; } = default(EquatableArray<LinkFacts>);

    public ClusterState Cluster { get; set; } = ClusterState.Empty;

    public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Facts as a fresh start without any read would give them.</summary>
    public bool IsUnread { get; set; }

    public ConfigurationResult Configure(PluginConfiguration configuration)
    {
        var result = plugin.Configure(configuration);
        Slice.Claims = result.Claims;
        _observations = result.Observations;
        _isFirst = true;
        return result;
    }

    /// <summary>Time passes, the plugin looks, its rows are written.</summary>
    public void Step(TimeSpan later = default, ClusterChange? change = null)
    {
        Look(later, change);
        Write();
    }

    /// <summary>Time passes and the plugin looks; nothing is written.</summary>
    public void Look(TimeSpan later = default, ClusterChange? change = null)
    {
        Now += later;
        var changed = _isFirst ? ClusterChange.All : change ?? new ClusterChange { Facts = true };
        _isFirst = false;
        plugin.Reconcile(new() { Cluster = Cluster, Facts = Facts(), Changed = changed, NodeName = "node-1", Now = Now }, Slice, default);
    }

    public void Write()
    {
        var wanted = Slice.Sysctls.Rows.ToDictionary(s => s.Path);
        foreach (var (path, (previous, written)) in _ours.Where(o => !wanted.ContainsKey(o.Key)).ToList())
        {
            if (Sysctls.GetValueOrDefault(path) == written)
            {
                Set(path, previous);
            }
            _ours.Remove(path);
        }
        foreach (var row in Slice.Sysctls.Rows.OrderBy(s => s.Order))
        {
            if (!Sysctls.TryGetValue(row.Path, out var current))
            {
                continue;
            }
            var isRight = row.Rule == SysctlRule.AtLeast ? Number(current) >= Number(row.Value) : current == row.Value;
            _ours[row.Path] = (_ours.TryGetValue(row.Path, out var before) ? before.Previous : current, isRight ? current : row.Value);
            if (!isRight)
            {
                Set(row.Path, row.Value);
            }
        }
    }

    private void Set(string path, string value)
    {
        Sysctls[path] = value;
        Writes.Add($"{path}={value}");
        if (Conntrack is { } table)
        {
            Conntrack = path.EndsWith("/nf_conntrack_max", StringComparison.Ordinal) ? table with { Max = Number(value) }
                : path.EndsWith("/nf_conntrack_buckets", StringComparison.Ordinal) ? table with { Buckets = Number(value) } : table;
        }
    }

    private NodeFacts Facts() => IsUnread ? NodeFacts.Unknown : new()
    {
        KernelVersion = new(6, 1),
        CpuCount = CpuCount,
        MemoryBytes = MemoryBytes,
        Links = _observations.Links ? Links : null,
        Conntrack = _observations.Conntrack ? Conntrack : null,
        Sysctls = Observed(Sysctls),
        ReadOnlySysctls = Observed(ReadOnly),
    };

    private ImmutableSortedDictionary<string, string> Observed(IEnumerable<KeyValuePair<string, string>> all) =>
        all.Where(s => _observations.Sysctls.Any(o => Matches(o, s.Key))).ToImmutableSortedDictionary(StringComparer.Ordinal);

    private static bool Matches(string pattern, string path)
    {
        var (patterns, parts) = (pattern.Split('/'), path.Split('/'));
        return patterns.Length == parts.Length && patterns.Zip(parts).All(p => p.First == "*" || p.First == p.Second);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
