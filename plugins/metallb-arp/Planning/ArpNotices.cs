using NetAgent.Contracts;
using NetAgent.Plugins.MetallbArp.Configuration;

namespace NetAgent.Plugins.MetallbArp.Planning;

/// <summary>What an operator should know.</summary>
internal sealed class ArpNotices
{
    // Pods come and go: the names of the first look stay, or each new pod would make a new event.
    private string? _unnumbered;

    // What is seen of conf/all may be from before our own write takes it back: only what is still there later is somebody else's.
    private static readonly TimeSpan OwnWrite = TimeSpan.FromSeconds(30);
    private DateTimeOffset? _strictSince;

    public void Add(ArpMode mode, IReadOnlyList<ArpFault> faults, EquatableArray<LinkFacts> links, ReconcileInput input,
        ExposedAddresses exposed, IList<Notice> notices)
    {
        foreach (var bySetting in faults.GroupBy(f => f.Setting))
        {
            notices.Add(Exposure(mode, bySetting.Key, [.. bySetting], exposed));
        }
        if (mode == ArpMode.Observe && exposed.Count == 0)
        {
            notices.Add(new(Severity.Information, "ArpNotNeeded",
                "no Service has an external IPv4 address that a neighbour could ask for; nothing is exposed"));
        }
        _strictSince = mode != ArpMode.All && ArpSetting.Ignore.ValueOf("all", input.Facts) > 0 ? _strictSince ?? input.Now : null;
        var isAllStrict = mode == ArpMode.All || input.Now - _strictSince >= OwnWrite;
        var unnumbered = links.Where(Uplinks.IsUnnumberedVeth).Select(l => l.Name).Take(3).ToList();
        _unnumbered = isAllStrict && unnumbered.Count > 0 ? _unnumbered ?? string.Join(", ", unnumbered) : null;
        if (_unnumbered is not null)
        {
            notices.Add(new(Severity.Warning, "ArpUnnumberedLinks",
                $"conf/all/arp_ignore above 0 reaches links to pods that have no address of their own ({_unnumbered}…): unless their"
                    + " network plugin sets proxy_arp there, pods get no answer for their gateway (kubernetes/kubernetes#71555). "
                + (mode == ArpMode.All ? "Use mode: interfaces, which writes to the uplinks only" : "This plugin did not set it: put net.ipv4.conf.all.arp_ignore back to 0 (kube-proxy's strictARP sets it and never takes it back)")));
        }
    }

    private static Notice Exposure(ArpMode mode, ArpSetting setting, IReadOnlyList<ArpFault> faults, ExposedAddresses exposed)
    {
        var where = string.Join("; ", faults.Take(5)) + (faults.Count > 5 ? "; and others" : "");
        var what = exposed.Count > 0
            ? $"this node {setting.Harm} {exposed.Shown()}, which others announce"
            : "no Service has an external IPv4 address yet; with the first one this node would be in its announcer's way";
        var cure = faults.Any(f => f.OnAll > setting.HighestRight)
            ? $"conf/all/{setting.Name} above {setting.HighestRight} overrules every interface: set it to 0, or use mode: all"
            : mode == ArpMode.Observe ? "mode: interfaces or all would set it right"
            : $"{setting.Wanted} is right; see the other notices for why it could not be written";
        return new(exposed.Count > 0 && mode != ArpMode.Observe ? Severity.Error : Severity.Warning,
            setting == ArpSetting.Ignore ? "ArpAnswersForServices" : "ArpAnnouncesServices", $"{where}: {what}. {cure}");
    }
}
