using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Plugins.MetallbArp.Configuration;
using NetAgent.Plugins.Shared.Rivals;

namespace NetAgent.Plugins.MetallbArp.Planning;

/// <summary>
/// Decides the rows of one look at the node. It goes by what is there alone, so that a value it has just repaired gives the same row
/// again: a row that vanished once all is well would bring the wrong value back.
/// </summary>
internal sealed class ArpPlanner(ArpMode mode, NodeFacts facts, RivalWatch rivals, LoweredValues lowered, DateTimeOffset now, RowSet rows)
{
    private const string All = "all";
    private readonly List<string> _readOnly = [];
    private readonly HashSet<string> _wanted = new(StringComparer.Ordinal);

    /// <summary>What is wrong and will stay so after these rows are written.</summary>
    public List<ArpFault> Faults { get; } = [];

    public void Plan(IReadOnlyList<LinkFacts> uplinks, EquatableArray<LinkFacts> links)
    {
        var judged = mode == ArpMode.All ? [.. links.Where(Uplinks.CanAnswer)] : uplinks;
        foreach (var setting in ArpSetting.Both)
        {
            var onAll = PlanAll(setting);
            foreach (var link in judged)
            {
                var own = PlanLink(setting, link.Name, lowered.Look(setting, link.Name, facts));
                var effective = Math.Max(onAll ?? 0, own ?? 0);
                if (!setting.IsRight(effective) && link.IsUp && (own ?? onAll) is not null)
                {
                    Faults.Add(new(setting, link.Name, effective, onAll, own));
                }
            }
            AddGauges(setting, uplinks);
        }
        rivals.Keep(_wanted);
        if (_readOnly.Count > 0)
        {
            rows.Notices.Add(new(Severity.Warning, "SysctlReadOnly",
                $"observed only: {string.Join("; ", _readOnly)}. Run the agent in the host's network namespace with a writable /proc/sys,"
                    + " or set the values on the host"));
        }
    }

    private int? PlanAll(ArpSetting setting)
    {
        var current = setting.ValueOf(All, facts);
        return mode == ArpMode.All ? Want(setting, All, setting.Wanted, current) : current;
    }

    private int? PlanLink(ArpSetting setting, string link, bool isLowered)
    {
        var own = setting.ValueOf(link, facts);
        return mode switch
        {
            // conf/all gives every interface the right value but those with a higher one of their own.
            ArpMode.All when isLowered => Want(setting, link, setting.Wanted, own),
            // The wanted value is wanted although it is there: it may be there by us. Another one that will do is somebody else's.
            ArpMode.Interfaces when own == setting.Wanted || (own is { } value ? !setting.IsRight(value) : facts.Sysctls.IsEmpty) =>
                Want(setting, link, setting.Wanted, own),
            _ => own,
        };
    }

    /// <summary>Wants a value where that is possible; returns the value to reckon with.</summary>
    private int? Want(ArpSetting setting, string link, int value, int? current)
    {
        var path = setting.PathOf(link);
        if (facts.ReadOnlySysctls.TryGetValue(path, out var reason))
        {
            if (current != value)
            {
                _readOnly.Add(string.Create(CultureInfo.InvariantCulture, $"{path} is {current}, wanted {value}: {reason}"));
            }
            return current;
        }
        var text = value.ToString(CultureInfo.InvariantCulture);
        _wanted.Add(path);
        if (current is { } there && !rivals.Allows(path, text, there.ToString(CultureInfo.InvariantCulture), there == value, now))
        {
            return current;
        }
        rows.Sysctls.Add(new(path, text));
        return value;
    }

    private void AddGauges(ArpSetting setting, IReadOnlyList<LinkFacts> uplinks)
    {
        foreach (var link in uplinks)
        {
            if ((setting.ValueOf(link.Name, facts) ?? setting.ValueOf(All, facts)) is null)
            {
                continue;
            }
            var effective = Math.Max(setting.ValueOf(All, facts) ?? 0, setting.ValueOf(link.Name, facts) ?? 0);
            var labels = (EquatableArray<Label>)[new("interface", link.Name)];
            rows.Gauges.Add(new($"netagent_{setting.Name}_effective", effective) { Labels = labels });
            rows.Gauges.Add(new($"netagent_{setting.Name}_wanted", setting.IsRight(effective) ? effective : setting.Wanted)
            {
                Labels = labels,
            });
        }
    }
}

/// <summary>An interface whose effective value is wrong.</summary>
/// <param name="Setting">Which.</param>
/// <param name="Link">Its name.</param>
/// <param name="Effective">The larger of the next two.</param>
/// <param name="OnAll">conf/all.</param>
/// <param name="Own">conf/IF.</param>
internal sealed record ArpFault(ArpSetting Setting, string Link, int Effective, int? OnAll, int? Own)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Link}: {Setting.Name} is effectively {Effective} (conf/all {OnAll?.ToString(CultureInfo.InvariantCulture) ?? "?"}, own"
            + $" {Own?.ToString(CultureInfo.InvariantCulture) ?? "?"})");
}
