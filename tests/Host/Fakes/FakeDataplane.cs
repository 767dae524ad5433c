using System.Threading.Channels;
using NetAgent.Contracts;
using NetAgent.Dataplane;

namespace NetAgent.Host.Tests.Fakes;

/// <summary>
/// Keeps what plugins want and a "kernel" of sysctls that a sync makes agree with it, by the rules that <see cref="Contract.FakeDataplaneContractTests"/>
/// holds it to. One that was not there before it was written is gone afterwards.
/// </summary>
internal sealed class FakeDataplane : IDataplane
{
    private readonly Channel<KernelEvent> _events = Channel.CreateUnbounded<KernelEvent>();
    private readonly HashSet<string> _complete = [];
    private readonly HashSet<string> _observing = [];

    // What was written, for whom, and what was there before: the state file of the real one.
    private readonly Dictionary<string, (string Plugin, string? Before)> _written = [];
    private readonly HashSet<string> _leaving = [];

    public Dictionary<string, FakeSlice> Slices { get; } = [];

    public Dictionary<string, string> Kernel { get; } = [];

    /// <summary>What was called, in order: <c>open a</c>, <c>close a retain</c>, <c>sync</c>, <c>verify</c>, <c>observe</c>.</summary>
    public List<string> Calls { get; } = [];

    public List<FailedRow> Failed { get; } = [];

    public List<ReadFailure> ReadFailures { get; } = [];

    public Exception? ObserveFailure { get; set; }

    public NodeFacts Facts { get; set; } = new() { CpuCount = 2 };

    public KernelCapabilities Capabilities { get; set; } = new(true, true, "iptables", "ip6tables", []);

    public ChannelReader<KernelEvent> Events => _events.Reader;

    public IReadOnlyCollection<HealthCheckPort> HealthCheckPorts { get; private set; } = [];

    public event EventHandler? HealthCheckPortsChanged;

    public bool IsDisposed { get; private set; }

    /// <summary>A sync waits for ever now.</summary>
    public bool IsHanging { get; private set; }

    private ManualResetEventSlim? _hang;

    /// <summary>The next sync does not return until the result is disposed.</summary>
    public IDisposable Hang() => new Release(_hang = new());

    private sealed class Release(ManualResetEventSlim hang) : IDisposable
    {
        public void Dispose() => hang.Set();
    }

    /// <summary>What the next probe finds.</summary>
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
            _leaving.Remove(plugin);
        }
        known.Claims = claims;
        return known;
    }

    public void MarkComplete(string plugin)
    {
        RequireSlice(plugin);
        _complete.Add(plugin);
    }

    public Withholding Withheld { get; private set; } = Withholding.Nothing;

    public void Withhold(Withholding withholding)
    {
        Withheld = withholding;
        Calls.Add(withholding.IsNothing ? "withhold nothing" : "withhold");
    }

    public void CloseSlice(string plugin, bool retain)
    {
        if (!Slices.Remove(plugin) && _written.Values.All(row => row.Plugin != plugin))
        {
            throw new ArgumentException($"plugin {plugin} has no slice", nameof(plugin));
        }
        Calls.Add($"close {plugin}{(retain ? " retain" : "")}");
        _complete.Remove(plugin);
        _observing.Remove(plugin);
        if (retain)
        {
            Forget(plugin);
        }
        else
        {
            _leaving.Add(plugin);
        }
    }

    /// <summary>An earlier agent wrote this for a plugin.</summary>
    public void Own(string plugin, string path, string value)
    {
        _written[path] = (plugin, Kernel.GetValueOrDefault(path));
        Kernel[path] = value;
    }

    /// <summary>The agent ends and starts again over the same kernel.</summary>
    public void Restart()
    {
        Slices.Clear();
        _complete.Clear();
        _observing.Clear();
        _leaving.Clear();
    }

    public void SetObserveOnly(string plugin, bool observeOnly)
    {
        RequireSlice(plugin);
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

    public DataplanePlan Plan() => new([.. Changes()])
    {
        Withheld = Withheld.IsNothing ? [] : [new("ipvs", "virtual servers", RowChangeKind.Remove, "10.96.0.9:80/TCP", "rr", "")],
    };

    public SyncReport Sync(bool verify, CancellationToken cancellationToken)
    {
        Calls.Add(verify ? "verify" : "sync");
        if (_hang is { } hang)
        {
            IsHanging = true;
            hang.Wait(CancellationToken.None);
            (IsHanging, _hang) = (false, null);
        }
        var changes = Changes().Where(change => change.Course == PlannedCourse.Written).ToArray();
        foreach (var change in changes)
        {
            if (change.Kind == RowChangeKind.Remove)
            {
                PutBack(change.Key);
            }
            else
            {
                _written[change.Key] = (change.Plugin, _written.TryGetValue(change.Key, out var row) ? row.Before : Kernel.GetValueOrDefault(change.Key));
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
        0, null, null)
    {
        Withheld = Withheld.IsNothing ? WithheldRows.None : new(2, ["virtual servers: 10.96.0.9:80/TCP", "addresses: 10.96.0.9 on kube-ipvs0"]),
    };

    public SyncReport Cleanup(CleanupOptions options, CancellationToken cancellationToken)
    {
        Calls.Add($"cleanup {options.KubeProxy} {options.Plugin}");
        var owned = _written.Where(row => options.Plugin is null || row.Value.Plugin == options.Plugin).Select(row => row.Key).ToArray();
        foreach (var path in owned)
        {
            PutBack(path);
        }
        return new(0, 0, owned.Length, 0, [.. Failed], 0, [], TimeSpan.Zero);
    }

    public void Dispose() => IsDisposed = true;

    private void RequireSlice(string plugin)
    {
        if (!Slices.ContainsKey(plugin))
        {
            throw new ArgumentException($"plugin {plugin} has no open slice", nameof(plugin));
        }
    }

    private void PutBack(string path)
    {
        _written.Remove(path, out var row);
        if (row.Before is { } before)
        {
            Kernel[path] = before;
        }
        else
        {
            Kernel.Remove(path);
        }
    }

    private void Forget(string plugin)
    {
        foreach (var path in _written.Where(row => row.Value.Plugin == plugin).Select(row => row.Key).ToArray())
        {
            _written.Remove(path);
        }
    }

    private Dictionary<string, (string Plugin, string Value)> Wanted() => Slices
        .SelectMany(slice => slice.Value.Rows.Values.SelectMany(rows => rows.Sysctls).Select(row => (slice.Key, row)))
        .ToDictionary(item => item.row.Path, item => (item.Key, item.row.Value));

    private IEnumerable<PlannedChange> Changes()
    {
        var wanted = Wanted();
        foreach (var (path, (plugin, value)) in wanted)
        {
            if (!Kernel.TryGetValue(path, out var now) || now != value)
            {
                yield return Change(plugin, now is null ? RowChangeKind.Add : RowChangeKind.Replace, path, now ?? "", value);
            }
        }
        foreach (var (path, (plugin, _)) in _written.Where(row => !wanted.ContainsKey(row.Key) && MayRemove(row.Value.Plugin, row.Key)).ToArray())
        {
            yield return Change(plugin, RowChangeKind.Remove, path, Kernel.GetValueOrDefault(path, ""), "");
        }
    }

    private PlannedChange Change(string plugin, RowChangeKind kind, string path, string before, string after) =>
        new(plugin, "sysctls", kind, path, before, after)
        {
            Course = _observing.Contains(plugin) ? PlannedCourse.Observed : PlannedCourse.Written,
        };

    // What a slice had and dropped goes; what is of an earlier life goes once its plugin has said all it wants.
    private bool MayRemove(string plugin, string path) => _leaving.Contains(plugin)
        || (Slices.TryGetValue(plugin, out var slice) && (slice.Dropped.Contains(path) || _complete.Contains(plugin)));
}

internal sealed class FakeSlice : ISlice
{
    public Dictionary<string, RowSet> Rows { get; } = [];

    public PluginClaims Claims { get; set; } = PluginClaims.None;

    public IReadOnlyCollection<string> Scopes => Rows.Keys;

    /// <summary>Paths that were wanted once.</summary>
    public HashSet<string> Dropped { get; } = [];

    public void Replace(string scope, RowSet rows)
    {
        if (rows.Sysctls.FirstOrDefault(row => !Claims.Sysctls.Contains(row.Path)) is { Path: { } path })
        {
            throw new ClaimViolationException($"sysctl {path} lies outside the plugin's claims");
        }
        Remove(scope);
        Rows[scope] = rows.Copy();
    }

    public void Remove(string scope)
    {
        if (Rows.Remove(scope, out var rows))
        {
            Dropped.UnionWith(rows.Sysctls.Select(row => row.Path));
        }
    }

    public int CountEntries(string set) => Rows.Values.SelectMany(rows => rows.IpSetEntries).Distinct().Count(entry => entry.Set == set);
}
