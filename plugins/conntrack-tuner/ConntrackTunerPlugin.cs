using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner.Configuration;
using NetAgent.Plugins.ConntrackTuner.Planning;
using NetAgent.Plugins.ConntrackTuner.Pressure;
using NetAgent.Plugins.Shared.Rivals;

namespace NetAgent.Plugins.ConntrackTuner;

/// <summary>Owns conntrack and related sysctls, and watches the connection table.</summary>
public sealed class ConntrackTunerPlugin : IDataplanePlugin
{
    private const string SysctlScope = "sysctls", PressureScope = "pressure";

    private readonly RivalWatch _rivals = new();
    private readonly PressureWatch _pressure = new();
    private readonly RowSet _rows = new();
    private TunerSettings? _settings;
    private AdaptiveSize _adaptive = new();

    /// <inheritdoc/>
    public ConfigurationResult Configure(PluginConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var (read, problems) = TunerSettingsReader.Read(configuration);
        var isRefused = problems.Any(p => p.IsError);
        var usesDefaults = isRefused && _settings is null;
        var settings = isRefused ? _settings ?? TunerSettings.ObserveOnly : read;
        if (settings.Adaptive != _settings?.Adaptive)
        {
            _adaptive = new();
        }
        _settings = settings;
        _rivals.Configure(settings.Rivals);
        var paths = Wishes.Paths(settings).ToEquatableArray();
        return new()
        {
            Problems = problems,
            UsesDefaults = usesDefaults,
            Claims = new() { Sysctls = paths, Files = settings.Persist ? [PersistedFile.Path] : default },
            Observations = new()
            {
                Conntrack = true,
                Sysctls = paths.Append(SysctlPlanner.AlwaysThere).Distinct().ToEquatableArray(),
            },
            Period = settings.Adaptive is null ? TimeSpan.FromSeconds(15) : AdaptiveSize.BetweenLooks,
        };
    }

    /// <inheritdoc/>
    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(slice);
        var settings = _settings ?? TunerSettings.ObserveOnly;
        WriteSysctls(settings, input, slice);
        cancellationToken.ThrowIfCancellationRequested();
        WritePressure(settings, input, slice);
    }

    private void WriteSysctls(TunerSettings settings, ReconcileInput input, ISlice slice)
    {
        _rows.Clear();
        var wishes = Wishes.Of(settings, input.Facts.CpuCount);
        // As configured: what waits does so anew after a boot.
        var lasting = wishes.ByPath.Values.Where(w => PersistedFile.Holds(w, settings)).ToList();
        var table = new TablePlanner(settings, input.Facts, _adaptive, _rows.Notices);
        table.Settle(wishes, input.Now);
        if (table.IsSizeRefused)
        {
            lasting.RemoveAll(w => w.Path is KnownSysctls.Max or KnownSysctls.Buckets);
        }
        if (settings.Persist)
        {
            _rows.Files.Add(PersistedFile.Of(lasting, input.Facts.Sysctls));
        }
        foreach (var row in new SysctlPlanner(input.Facts, _rivals, _rows.Notices).Plan(wishes.ByPath, input.Now))
        {
            _rows.Sysctls.Add(row);
        }
        foreach (var notice in _rivals.Notices())
        {
            _rows.Notices.Add(notice);
        }
        if (wishes.ByPath.TryGetValue(KnownSysctls.Max, out var max))
        {
            _rows.Gauges.Add(new("netagent_conntrack_wanted_limit", SysctlNumber.Of(max.Value)));
        }
        slice.Replace(SysctlScope, _rows);
    }

    private void WritePressure(TunerSettings settings, ReconcileInput input, ISlice slice)
    {
        _rows.Clear();
        if (input.Facts.Conntrack is { } facts)
        {
            _pressure.Look(facts, settings, input.Now, _rows);
        }
        else
        {
            _rows.Notices.Add(new(Severity.Warning, "ConntrackUnreadable",
                "connection tracking counters cannot be read (ctnetlink needs NET_ADMIN and module nf_conntrack_netlink); pressure is not"
                    + " watched and the table does not adapt"));
        }
        slice.Replace(PressureScope, _rows);
    }
}
