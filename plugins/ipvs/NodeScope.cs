using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Chains;
using NetAgent.Plugins.Ipvs.Configuration;
using NetAgent.Plugins.Ipvs.Nodes;
using NetAgent.Plugins.Ipvs.Services;
using NetAgent.Plugins.Ipvs.Sets;

namespace NetAgent.Plugins.Ipvs;

/// <summary>The scopes that belong to no Service: link, sets, chains, jumps of each family, sysctls and timeouts of the node.</summary>
internal static class NodeScope
{
    public const string NodeName = "node";
    private static readonly Version ConnReuseModeAppears = new(4, 1);
    private static readonly Version ConnReuseModeIsSafe = new(5, 9);

    /// <summary>Name of a family's scope.</summary>
    public static string NameOf(IpFamily family) => $"node/{family}";

    /// <summary>Rows of one family.</summary>
    public static void AddFamily(RowSet rows, ChainInputs inputs)
    {
        rows.Links.Add(new DummyLink(NodeObserver.VipLink));
        foreach (var set in KubeSets.All)
        {
            rows.IpSets.Add(set.ToRow(inputs.Family));
        }
        foreach (var chain in NatChains.Rows(inputs).Concat(FilterChains.Rows(inputs)))
        {
            rows.Chains.Add(chain);
        }
        foreach (var jump in BaseJumps.Rows(inputs.Family))
        {
            rows.Jumps.Add(jump);
        }
    }

    /// <summary>Rows of the node as a whole.</summary>
    public static void AddNode(RowSet rows, IpvsConfiguration configuration, NodeView node)
    {
        foreach (var path in Sysctls.Always)
        {
            rows.Sysctls.Add(new Sysctl(path, "1"));
        }
        if (node.Kernel >= ConnReuseModeAppears && node.Kernel < ConnReuseModeIsSafe)
        {
            rows.Sysctls.Add(new Sysctl(Sysctls.ConnReuseMode, "0"));
        }
        if (configuration.Timeouts != default)
        {
            rows.IpvsTimeouts.Add(configuration.Timeouts);
        }
        AddNotices(rows.Notices, configuration, node);
    }

    private static void AddNotices(IList<Notice> notices, IpvsConfiguration configuration, NodeView node)
    {
        SchedulerChoice.Global(configuration.Scheduler, node, notices);
        if (configuration.DetectLocal.Mode == DetectLocalMode.NodeCIDR && node.PodCIDRs.IsEmpty)
        {
            notices.Add(new Notice(Severity.Warning, "NoPodCIDR",
                $"detectLocalMode is NodeCIDR, but Node {node.Name} has no spec.podCIDRs yet: traffic from outside its pods cannot be"
                    + " told and is masqueraded "
                + "only when it comes from the node itself."));
        }
        if (!node.LinksKnown)
        {
            notices.Add(new Notice(Severity.Error, "InterfacesUnreadable",
                "The node's interfaces could not be read yet: node ports are served on the addresses of the Node object only."));
        }
        if (node.Kernel > new Version(0, 0) && node.Kernel < ConnReuseModeAppears)
        {
            notices.Add(new Notice(Severity.Warning, "OldKernel",
                $"Kernel {node.Kernel} has no {Sysctls.ConnReuseMode}: a client that reuses a port waits a second for its connection."
                    + " Linux 5.9 has the remedy."));
        }
    }

    /// <summary>The sysctls that IPVS mode needs.</summary>
    public static class Sysctls
    {
        public const string ConnReuseMode = "net/ipv4/vs/conn_reuse_mode";

        public static readonly EquatableArray<string> Always =
        [
            "net/ipv4/vs/conntrack", "net/ipv4/vs/expire_nodest_conn", "net/ipv4/vs/expire_quiescent_template", "net/ipv4/ip_forward",
        ];
    }
}
