using System.Threading.Channels;
using NetAgent.Contracts;
using NetAgent.Dataplane.Drift;
using NetAgent.Dataplane.Kinds;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;
using NetAgent.Timing;

namespace NetAgent.Dataplane.Linux;

/// <inheritdoc cref="IDataplane"/>
public sealed partial class LinuxDataplane : IDataplane
{
    private readonly Kernel _kernel;
    private readonly TimeProvider _time;
    private readonly StateFile _file;
    private readonly PluginRegistry _plugins = new();
    private readonly ScopeBook _scopes = new();
    private readonly TableSet _tables;
    private readonly SyncPass _sync;
    private readonly DriftProbe _drift;
    private readonly WakeUp _wakeUp;
    private bool _verifyNext = true;
    private bool _wroteSysctls;
    private DateTimeOffset? _lastSync;
    private DateTimeOffset? _lastVerify;

    internal LinuxDataplane(DataplaneOptions options, Func<Kernel> open, Func<double> jitter, IReadOnlyList<Action<TableSet>>? kinds = null)
    {
        _time = options.Time;
        _file = StateFile.Open(options);
        _kernel = open();
        // Spread by up to a fifth either way, so that rows do not come back in one burst.
        var backOff = new BackOff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), jitter, least: 0.8, most: 1.2);
        _tables = new TableSet(_kernel, _file, _plugins, _scopes, backOff, options.DrainLimit, kinds ?? RowKinds.All);
        _tables.Sysctls.Written = (_, _) => _wroteSysctls = true;
        _sync = new(_tables.InOrderOfWriting, _tables.InOrderOfReading, _tables.Policies, backOff);
        _drift = new DriftProbe(_tables, _kernel.Counters, _time);
        _wakeUp = new WakeUp(_time);
        _kernel.Changed += _wakeUp.Raise;
    }

    /// <summary>Opens the kernel of the calling thread's network namespace and the state file.</summary>
    /// <exception cref="KernelException">Netlink does not answer.</exception>
    public static LinuxDataplane Open(DataplaneOptions options) =>
        new(options, () => new LinuxKernel(options), Random.Shared.NextDouble);

    /// <inheritdoc/>
    public KernelCapabilities Capabilities => _kernel.Capabilities;

    /// <inheritdoc/>
    public ChannelReader<KernelEvent> Events => _wakeUp.Events;

    /// <inheritdoc/>
    public IReadOnlyCollection<HealthCheckPort> HealthCheckPorts => _tables.Ports.Snapshot;

    /// <inheritdoc/>
    public event EventHandler? HealthCheckPortsChanged
    {
        add => _tables.Ports.Changed += value;
        remove => _tables.Ports.Changed -= value;
    }

    /// <inheritdoc/>
    public DataplaneStatus Status
    {
        get
        {
            var failed = _sync.Failures(_scopes);
            return new(
                [.. _tables.InOrderOfWriting.Select(t => t.Status)],
                failed,
                [.. Said(s => s.Notices), .. OwnNotices(failed)],
                [.. Said(s => s.Gauges)],
                _tables.Drains.Count,
                _lastSync,
                _lastVerify)
            {
                Withheld = WithheldNow(),
            };
        }
    }

    /// <inheritdoc/>
    public bool ProbeDrift() => !_verifyNext && (FollowFamilies() | _drift.Look());

    /// <inheritdoc/>
    public int ProbesPerRound => _drift.Round;

    /// <inheritdoc/>
    public NodeFacts Observe(Observations wanted, bool verify = false) => _kernel.Observer.Observe(wanted, verify);

    /// <inheritdoc/>
    public RouteFacts? FindRoute(InetAddress from, InetAddress to)
    {
        try
        {
            return _kernel.FindRoute(from, to);
        }
        catch (KernelException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public DataplanePlan Plan()
    {
        SetReadScope();
        FollowFamilies();
        var tally = new SyncTally(_time.GetUtcNow(), CancellationToken.None);
        _sync.Read(static _ => true, tally);
        _tables.Adoption.Choose();
        return _sync.Plan(tally);
    }

    /// <inheritdoc/>
    public SyncReport Sync(bool verify, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var tally = new SyncTally(_time.GetUtcNow(), cancellationToken);
        var everything = verify || _verifyNext;
        // Costs a look-up for each interface with a value on record.
        if (everything || _tables.Sysctls.IsDue(tally.Now))
        {
            _file.State.FollowLinks(_kernel.IndexOfLink, _kernel.NameOfLink);
        }
        SetReadScope();
        // Probes have compared the real servers since the last verification.
        ITableReconciler? except = everything && _drift.TakeRound() && !_verifyNext ? _tables.RealServers : null;
        var linksDiffer = _kernel.OwnLinksDiffer(_tables.HasLink, _tables.HasAddress);
        // Addresses also go when IPv6 is switched off under them.
        if (everything || linksDiffer)
        {
            FollowFamilies();
        }
        _drift.BeforeReading(everything);
        // A lost virtual server takes its real servers along, so they are read after all.
        var lost = _tables.VirtualServers.Lost;
        _sync.Read(table => (everything && (table != except || _tables.VirtualServers.Lost != lost))
            || (linksDiffer && (table == _tables.Links || table == _tables.Addresses)), tally);
        _drift.BeforeWriting();
        _tables.Adoption.Choose();
        if (everything && _sync.HasReadAll)
        {
            foreach (var entry in _plugins.Known.Where(e => e.IsComplete))
            {
                entry.IsAdopted = true;
            }
            _verifyNext = false;
            _lastVerify = tally.Now;
        }
        // Ownership must be on disk before there is anything to own.
        Record();
        _file.SaveWhenDue(tally.Now);
        _wroteSysctls = false;
        _sync.Apply(tally);
        _drift.AfterWriting();
        if (!_verifyNext)
        {
            EndLeaving();
            EndEarlierClaims();
        }
        _file.SaveWhenDue(tally.Now);
        _lastSync = _time.GetUtcNow();
        _wakeUp.At(new[] { _sync.NextDue, _file.NextDue }.Min());
        return new SyncReport(
            tally.Added,
            tally.Replaced,
            tally.Removed,
            tally.Drifted,
            _sync.Failures(_scopes),
            _tables.Drains.Count,
            tally.ReadFailures,
            _time.GetElapsedTime(started))
        {
            DriftedRows = tally.DriftedRows,
            WroteSysctls = _wroteSysctls,
        };
    }

    /// <inheritdoc/>
    public SyncReport Cleanup(CleanupOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var plugin in _file.State.Plugins.Keys.Where(p => options.Plugin is null || p == options.Plugin).ToArray())
        {
            CloseSlice(plugin, retain: false);
        }
        if (options.KubeProxy)
        {
            var entry = _plugins.GetOrAdd(KubeProxyLeftovers.Name);
            entry.Claims = new(KubeProxyLeftovers.Claims);
            entry.IsLeaving = true;
        }
        var report = Sync(verify: true, cancellationToken);
        _file.Save();
        return options.KubeProxy ? KubeProxyLeftovers.RemoveNftables(_kernel.Tools, report) : report;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Save();
        _wakeUp.Dispose();
        _kernel.Dispose();
    }

    private void SetReadScope()
    {
        var claims = _plugins.Claims.Select(p => p.Claims).ToArray();
        _kernel.SetReadScope(new(
            [.. _tables.Sysctls.Rows.Keys.Union(_file.State.Sysctls.Keys)],
            [.. _tables.Files.Rows.Keys.Union(_file.State.Files.Keys)],
            [.. claims.SelectMany(c => c.Claims.Links).Distinct()],
            set => Array.Exists(claims, c => c.OwnsSet(set)),
            [.. claims.SelectMany(c => c.Claims.Chains.Select(x => x.Table).Concat(c.Claims.Jumps.Select(x => x.Table))).Distinct()],
            [.. claims.SelectMany(c => c.Claims.Jumps.Select(x => (x.Table, x.Parent))).Distinct()]));
    }

    /// <summary>Looks whether IPv6 works here; true when that changed for some plugin, whose rows are then decided anew.</summary>
    private bool FollowFamilies()
    {
        try
        {
            if (!_tables.Families.Take(_kernel.ReadIPv6()))
            {
                return false;
            }
        }
        catch (KernelException)
        {
            // What was known stays true for all anybody knows; the next look asks again.
            return false;
        }
        foreach (var table in _tables.InOrderOfReading)
        {
            table.LookAtSwitchedOff();
        }
        // Rules of a family that could not be listed are not known, and addresses went with the switch.
        _tables.Chains.RequireRead();
        _tables.Jumps.RequireRead();
        _tables.Addresses.RequireRead();
        return true;
    }

    private WithheldRows WithheldNow()
    {
        var first = new List<string>();
        return _tables.InOrderOfWriting.Reverse().Sum(table => table.CountWithheld(first)) is > 0 and var count
            ? new(count, first) : WithheldRows.None;
    }

    private IEnumerable<(string Plugin, T Item)> Said<T>(Func<Scope, IReadOnlyList<T>> items) =>
        from plugin in _plugins.Known
        where plugin.Slice is not null
        from scope in plugin.Slice!.Written
        from item in items(scope)
        select (plugin.Name, item);

    private IEnumerable<(string Plugin, Notice Notice)> OwnNotices(List<FailedRow> failed)
    {
        foreach (var row in failed.Where(f => f.IsConflict))
        {
            yield return (row.Plugin, new(Severity.Warning, "Conflict", $"{row.Table} {row.Key}: {row.Reason}"));
        }
        foreach (var family in FamilyNotices.Of(_tables))
        {
            yield return ("", family);
        }
        if (_file.Problem is { } problem)
        {
            yield return ("", new(Severity.Warning, "StateFile", problem));
        }
    }
}
