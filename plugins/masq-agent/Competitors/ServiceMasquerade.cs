using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Nat;

namespace NetAgent.Plugins.MasqAgent.Competitors;

/// <summary>
/// kube-proxy with masqueradeAll marks every connection to a Service, whatever its source, and masquerades it by that mark: endpoints see
/// nodes, not pods, and no non-masquerade range changes that.
/// </summary>
internal static class ServiceMasquerade
{
    public static Notice? Find(NodeFacts facts, IpFamily family)
    {
        foreach (var table in facts.IptablesTables)
        {
            if (table.Family != family || table.Table != "nat")
            {
                continue;
            }
            foreach (var line in table.Rules)
            {
                if (IsMasqueradeAll(line))
                {
                    return new(Severity.Information, "ServicesMasqueraded",
                        $"{family} nat{(table.IsOtherBackend ? $" of iptables-{table.Backend}" : "")}: rule '{line}' of kube-proxy"
                            + " (masqueradeAll) marks all traffic to Services for masquerading: it gets this node's address even where"
                            + " its endpoint lies in a non-masquerade range; set masqueradeAll: false if endpoints should see pods");
                }
            }
        }
        return null;
    }

    private static bool IsMasqueradeAll(string line) =>
        line.EndsWith("-j KUBE-MARK-MASQ", StringComparison.Ordinal)
        && (line.Contains("--match-set KUBE-CLUSTER-IP dst,dst", StringComparison.Ordinal)
            || line.Contains("--match-set KUBE-6-CLUSTER-IP dst,dst", StringComparison.Ordinal)
            || (line.StartsWith("-A KUBE-SVC-", StringComparison.Ordinal) && line.Contains(" cluster IP\"", StringComparison.Ordinal)))
        && !line.Contains(" -s ", StringComparison.Ordinal)
        && NatRule.Parse(line) is { Source.IsNone: true };
}
