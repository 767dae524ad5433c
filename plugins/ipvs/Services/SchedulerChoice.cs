using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Nodes;

namespace NetAgent.Plugins.Ipvs.Services;

/// <summary>Which scheduler serves a Service: its annotation's, else the configuration's, else rr, as far as the kernel has them.</summary>
internal static class SchedulerChoice
{
    public const string Annotation = "netagent.io/scheduler";
    public const string Fallback = "rr";

    /// <summary>The scheduler of Services that name none.</summary>
    public static string Global(string configured, NodeView node, ICollection<Notice>? notices)
    {
        if (node.Accepts(configured))
        {
            return configured;
        }
        notices?.Add(new Notice(Severity.Error, "UnknownScheduler",
            $"ipvs.scheduler is \"{configured}\", which this kernel's IPVS does not accept (it has {Known(node)}). Services are served with "
            + $"{Fallback}; load the module ip_vs_{configured} and restart, or correct the configuration."));
        return Fallback;
    }

    /// <summary>The scheduler of one Service.</summary>
    public static string For(Service service, string global, NodeView node, ICollection<Notice> notices)
    {
        if (service.Annotations.Find(Annotation)?.Trim() is not { } wanted)
        {
            return global;
        }
        if (wanted.Length > 0 && node.Accepts(wanted))
        {
            return wanted;
        }
        var remedy = wanted.Length == 0
            ? "name one of these" : $"correct the annotation, or load the module ip_vs_{wanted} and restart the agent";
        notices.Add(new Notice(Severity.Warning, "UnknownScheduler",
            $"Service {service.Name}: annotation {Annotation} is \"{wanted}\", which this kernel's IPVS does not accept (it has"
                + $" {Known(node)}). "
            + $"The Service is served with {global}; {remedy}.")
        { Service = service.Name });
        return global;
    }

    public static VirtualServerFlags Flags(string scheduler, bool isPersistent)
    {
        // mh hashes the source port too (kube-proxy since 1.24); without it few clients would load few backends.
        var flags = scheduler == "mh" ? VirtualServerFlags.MhPort : VirtualServerFlags.None;
        return isPersistent ? flags | VirtualServerFlags.Persistent : flags;
    }

    private static string Known(NodeView node) =>
        node.Schedulers is { IsEmpty: false } known ? string.Join(", ", known.Order(StringComparer.Ordinal)) : "none";
}
