using System.Threading.Channels;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Host.Tests.Fakes;

/// <summary>Keeps what plugins want and a "kernel" of sysctls that a sync makes agree with it.</summary>
internal sealed class FakeDataplane : IDataplane
{
    private readonly Channel<KernelEvent> _events = Channel.CreateUnbounded<KernelEvent>();
    private readonly HashSet<string> _complete = [];
    private readonly HashSet<string> _observing = [];

    public Dictionary<string, FakeSlice> Slices { get; } = [];

    public Dictionary<string, string> Kernel { get; } = [];

    /// <summary>What was called, in order: <c>open a</c>, <c>close a retain</c>, <c>sync</c>, <c>verify</c>, <c>observe</c>.</summary>
    public List<string> Calls { get; } = [];

    public List<FailedRow> Failed { get; } = [];

    public List<string> ReadFailures { get; } = [];

    public Exception? ObserveFailure { get; set; }

    public NodeFacts Facts { get; set; } = new() { CpuCount = 2 };

    public KernelCapabilities Capabilities { get; set; } = new(true, true, "iptables", "ip6tables", []);

    public ChannelReader<KernelEvent> Events => _events.Reader;

    public IReadOnlyCollection<HealthCheckPort> HealthCheckPorts { get; private set; } = [];

    public event EventHandler? HealthCheckPortsChanged;

    public bool IsDisposed { get; private set; }

    /// <summary>What the next glance finds.</summary>
    public bool IsTouched { get; set; }

    public int ProbesPerRound { get; set; } = 1;

    public bool ProbeDrift()
    {
        Calls.Add("probe");
        return IsTouched;
    }

    public void Raise(KernelEvent kernelEvent) => _events.Writer.TryWrite(kernelEvent);

    public ISlice OpenSlice(string plugin, PluginClaims claims)
    {
        foreach (var (name, slice) in Slices.Where(slice => slice.Key != plugin))
        {
            if (slice.Claims.Sysctls.Intersect(claims.Sysctls).FirstOrDefault() is { } both)
            {
                throw new ClaimConflictException($"plugin {plugin} claims sysctl {both}, which plugin {name} has claimed");
            }
        }
        Calls.Add($"open {plugin}");
        if (!Slices.TryGetValue(plugin, out var known))
        {
            Slices.Add(plugin, known = new());
        }
        known.Claims = claims;
        return known;
    }

    public void MarkComplete(string plugin) => _complete.Add(plugin);

    public void CloseSlice(string plugin, bool retain)
    {
        if (!Slices.Remove(plugin))
        {
            throw new ArgumentException($"plugin {plugin} has no slice", nameof(plugin));
        }
        Calls.Add($"close {plugin}{(retain ? " retain" : "")}");
    }

    public void SetObserveOnly(string plugin, bool observeOnly)
    {
        Assert.True(Slices.ContainsKey(plugin), "SetObserveOnly needs an open slice");
        _ = observeOnly ? _observing.Add(plugin) : _observing.Remove(plugin);
    }

    public NodeFacts Observe(Observations wanted, bool verify = false)
    {
        Calls.Add(verify ? "observe all" : "observe");
        if (ObserveFailure is { } failure)
        {
            throw failure;
        }
        return Facts;
    }

    public DataplanePlan Plan() => new([.. Changes()]);

    public SyncReport Sync(bool verify, CancellationToken cancellationToken)
    {
        Calls.Add(verify ? "verify" : "sync");
        var changes = Changes().ToArray();
        foreach (var change in changes)
        {
            if (change.Kind == RowChangeKind.Remove)
            {
                Kernel.Remove(change.Key);
            }
            else
            {
                Kernel[change.Key] = change.After;
            }
        }
        var ports = Slices.Values.SelectMany(slice => slice.Rows.Values).SelectMany(rows => rows.HealthCheckPorts).ToArray();
        if (!ports.SequenceEqual(HealthCheckPorts))
        {
            HealthCheckPorts = ports;
            HealthCheckPortsChanged?.Invoke(this, EventArgs.Empty);
        }
        return new(changes.Length, 0, 0, 0, [.. Failed], 0, [.. ReadFailures], TimeSpan.FromMilliseconds(1));
    }

    public DataplaneStatus Status => new(
        [new("sysctls", Wanted().Count, Kernel.Count, 0, Failed.Count, 0)],
        [.. Failed],
        [.. Slices.SelectMany(slice => slice.Value.Rows.Values.SelectMany(rows => rows.Notices).Select(notice => (slice.Key, notice)))],
        [.. Slices.SelectMany(slice => slice.Value.Rows.Values.SelectMany(rows => rows.Gauges).Select(gauge => (slice.Key, gauge)))],
        0, null, null);

    public SyncReport Cleanup(CleanupOptions options, CancellationToken cancellationToken)
    {
        var removed = Kernel.Count;
        Calls.Add($"cleanup {options.KubeProxy} {options.Plugin}");
        Kernel.Clear();
        return new(0, 0, removed, 0, [.. Failed], 0, [], TimeSpan.Zero);
    }

    public void Dispose() => IsDisposed = true;

    private Dictionary<string, (string Plugin, string Value)> Wanted() => Slices
        .Where(slice => !_observing.Contains(slice.Key))
        .SelectMany(slice => slice.Value.Rows.Values.SelectMany(rows => rows.Sysctls).Select(row => (slice.Key, row)))
        .ToDictionary(item => item.row.Path, item => (item.Key, item.row.Value));

    private IEnumerable<PlannedChange> Changes()
    {
        var wanted = Wanted();
        foreach (var (path, (plugin, value)) in wanted)
        {
            if (!Kernel.TryGetValue(path, out var now) || now != value)
            {
                yield return new(plugin, "sysctls", now is null ? RowChangeKind.Add : RowChangeKind.Replace, path, now ?? "", value);
            }
        }
        // What an observing plugin wants is neither written nor removed.
        var kept = Slices.Where(slice => _observing.Contains(slice.Key)).SelectMany(slice => slice.Value.Claims.Sysctls).ToHashSet();
        foreach (var path in Kernel.Keys.Where(path => !wanted.ContainsKey(path) && !kept.Contains(path)).ToArray())
        {
            yield return new("", "sysctls", RowChangeKind.Remove, path, Kernel[path], "");
        }
    }
}

internal sealed class FakeSlice : ISlice
{
    public Dictionary<string, RowSet> Rows { get; } = [];

    public PluginClaims Claims { get; set; } = PluginClaims.None;

    public IReadOnlyCollection<string> Scopes => Rows.Keys;

    public void Replace(string scope, RowSet rows) => Rows[scope] = rows.Copy();

    public void Remove(string scope) => Rows.Remove(scope);

    public int CountEntries(string set) => Rows.Values.SelectMany(rows => rows.IpSetEntries).Distinct().Count(entry => entry.Set == set);
}
