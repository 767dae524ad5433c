using NetAgent.Contracts;
using NetAgent.Plugins.MetallbArp.Configuration;
using NetAgent.Plugins.MetallbArp.Planning;
using NetAgent.Plugins.Shared.Rivals;

namespace NetAgent.Plugins.MetallbArp;

/// <summary>Keeps a node from answering ARP for service addresses that another node announces.</summary>
public sealed class MetallbArpPlugin : IDataplanePlugin
{
    private const string Scope = "arp";

    private readonly RivalWatch _rivals = new();
    private readonly Uplinks _uplinks = new();
    private readonly ExposedAddresses _exposed = new();
    private readonly ArpNotices _notices = new();
    private readonly LoweredValues _lowered = new();
    private readonly RowSet _rows = new();
    private ArpSettings? _settings;
    private EquatableArray<LinkFacts>? _links;

    /// <inheritdoc/>
    public ConfigurationResult Configure(PluginConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var (read, problems) = ArpSettingsReader.Read(configuration);
        var isRefused = problems.Any(p => p.IsError);
        var usesDefaults = isRefused && _settings is null;
        var settings = isRefused ? _settings ?? ArpSettings.ObserveOnly : read;
        if (settings != _settings)
        {
            _uplinks.Clear();
        }
        _settings = settings;
        _rivals.Configure(settings.Rivals);
        EquatableArray<string> paths = [.. ArpSetting.Both.Select(s => s.PathOf("*"))];
        var isOff = settings.Mode == ArpMode.Off;
        return new()
        {
            Problems = problems,
            UsesDefaults = usesDefaults,
            Claims = settings.Mode is ArpMode.All or ArpMode.Interfaces ? new() { Sysctls = paths } : PluginClaims.None,
            Observations = isOff ? Observations.None : new() { Links = true, Sysctls = paths },
            Period = isOff ? null : TimeSpan.FromMinutes(1),
        };
    }

    /// <inheritdoc/>
    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(slice);
        var settings = _settings ?? ArpSettings.ObserveOnly;
        if (settings.Mode == ArpMode.Off)
        {
            slice.Remove(Scope);
            return;
        }
        var hasNewAddresses = _exposed.Update(input.Cluster, input.Changed);
        var isServicesOnly = input.Changed is { Everything: false, Facts: false, Services.IsEmpty: false };
        if (isServicesOnly && !hasNewAddresses)
        {
            return;
        }
        _links = input.Facts.Links ?? _links;
        if (_links is null && settings.Mode != ArpMode.All)
        {
            // Not known yet is not "none": what is in the kernel stays.
            return;
        }
        cancellationToken.ThrowIfCancellationRequested();
        Write(settings, input, _links ?? default, slice);
    }

    private void Write(ArpSettings settings, ReconcileInput input, EquatableArray<LinkFacts> links, ISlice slice)
    {
        _rows.Clear();
        var uplinks = _uplinks.Choose(links, settings, _exposed);
        var planner = new ArpPlanner(settings.Mode, input.Facts, _rivals, _lowered, input.Now, _rows);
        planner.Plan(uplinks, links);
        if (links.Count > 0)
        {
            _lowered.Looked();
        }
        _notices.Add(settings.Mode, planner.Faults, links, input, _exposed, _rows.Notices);
        foreach (var notice in _rivals.Notices())
        {
            _rows.Notices.Add(notice);
        }
        if (settings.Mode == ArpMode.Interfaces && uplinks.Count == 0)
        {
            _rows.Notices.Add(new(Severity.Warning, "ArpNoUplink",
                "no interface is up with an IPv4 address and routes, so none is written to; name yours in interfaces.include"));
        }
        _rows.Gauges.Add(new("netagent_arp_service_addresses", _exposed.Count));
        _rows.Gauges.Add(new("netagent_arp_exposed_service_addresses", planner.Faults.Count > 0 ? _exposed.Count : 0));
        slice.Replace(Scope, _rows);
    }
}
