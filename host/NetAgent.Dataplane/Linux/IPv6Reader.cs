using NetAgent.Contracts;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Routes;
using NetAgent.Dataplane.Sysctls;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Linux;

/// <summary>
/// What the node has of IPv6, from one dump of its links. No event tells of it: disable_ipv6 of a link that is down, as kube-ipvs0 is,
/// changes without a word on rtnetlink (tried on 6.1, RTNLGRP_IPV6_NETCONF included).
/// </summary>
internal sealed class IPv6Reader(NetlinkConnection route, SysctlTable sysctls, IptablesView iptables, LegacyTables legacy)
{
    private const string ForNewLinks = "net/ipv6/conf/default/disable_ipv6";

    public IPv6Facts Read()
    {
        var links = route.ReadLinks();
        var hasStack = links.Exists(link => link.IPv6 is not null);
        var tables = iptables.InUse.Select(use => use.Table).Distinct().ToArray();
        var missing = hasStack ? FindMissing(tables) : [];
        iptables.MissingTables6 = hasStack ? missing.Keys : tables;
        return new()
        {
            HasStack = hasStack,
            Links = links.Where(link => (link.Flags & RtnetlinkFormat.IsLoopback) == 0)
                .ToDictionary(link => link.Name, link => link.IPv6 == true, StringComparer.Ordinal),
            IsOnForNewLinks = sysctls.ReadPaths([ForNewLinks]).GetValueOrDefault(ForNewLinks) != "1",
            MissingTables = missing,
        };
    }

    private Dictionary<string, string> FindMissing(string[] tables)
    {
        var missing = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            // Without any iptables it is not a family that is off.
            var problem = iptables.Tool(IpFamily.IPv6) is { } tool ? (tool.Backend == IptablesBackend.Legacy ? legacy.Problem(table) : null)
                : iptables.Tool(IpFamily.IPv4) is not null ? IptablesView.Missing(IpFamily.IPv6).Message
                : null;
            if (problem is not null)
            {
                missing[table] = problem;
            }
        }
        return missing;
    }
}
