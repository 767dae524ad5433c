using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Sets;
using static NetAgent.Plugins.Ipvs.Chains.RuleText;

namespace NetAgent.Plugins.Ipvs.Chains;

/// <summary>kube-proxy's chains in the nat table: they mark what must be masqueraded and masquerade what is marked.</summary>
internal static class NatChains
{
    private const string MarkMasquerade = $"-j {ChainNames.MarkMasquerade}";

    public static IEnumerable<Chain> Rows(ChainInputs inputs)
    {
        yield return ToChain(inputs, ChainNames.Services, Services(inputs));
        yield return ToChain(inputs, ChainNames.LoadBalancer, LoadBalancer(inputs));
        yield return ToChain(inputs, ChainNames.NodePort, NodePort(inputs));
        yield return ToChain(inputs, ChainNames.Postrouting, Postrouting(inputs));
        yield return ToChain(inputs, ChainNames.MarkMasquerade, [$"-j MARK --set-xmark {inputs.Mark}/{inputs.Mark}"]);
    }

    private static IEnumerable<string> Services(ChainInputs inputs)
    {
        var family = inputs.Family;
        yield return family == IpFamily.IPv6 ? "-s ::1/128 -j RETURN" : "-s 127.0.0.0/8 -j RETURN";
        if (inputs.Has(KubeSets.LoadBalancer))
        {
            yield return $"{CommentedMatch(KubeSets.LoadBalancer, family, "dst,dst")} -j {ChainNames.LoadBalancer}";
        }
        if (inputs.Has(KubeSets.ClusterIp))
        {
            yield return ClusterIp(inputs);
        }
        if (inputs.Has(KubeSets.ExternalIp))
        {
            yield return $"{CommentedMatch(KubeSets.ExternalIp, family, "dst,dst")} {MarkMasquerade}";
            foreach (var rule in AcceptExternal(KubeSets.ExternalIp, family))
            {
                yield return rule;
            }
        }
        if (inputs.Has(KubeSets.ExternalIpLocal))
        {
            foreach (var rule in AcceptExternal(KubeSets.ExternalIpLocal, family))
            {
                yield return rule;
            }
        }
        yield return $"-m addrtype --dst-type LOCAL -j {ChainNames.NodePort}";
        if (inputs.Has(KubeSets.ClusterIp))
        {
            yield return $"{Match(KubeSets.ClusterIp, family, "dst,dst")} -j ACCEPT";
        }
        if (inputs.Has(KubeSets.LoadBalancer))
        {
            yield return $"{Match(KubeSets.LoadBalancer, family, "dst,dst")} -j ACCEPT";
        }
    }

    private static string ClusterIp(ChainInputs inputs)
    {
        if (inputs.MasqueradeAll)
        {
            return $"{CommentedMatch(KubeSets.ClusterIp, inputs.Family, "dst,dst")} {MarkMasquerade}";
        }
        // Unable to tell pods from others, kube-proxy masquerades what the node itself sends: its source is then a service address.
        return inputs.NotLocal is null
            ? $"{CommentedMatch(KubeSets.ClusterIp, inputs.Family, "src,dst")} {MarkMasquerade}"
            : $"{inputs.NotLocal} {CommentedMatch(KubeSets.ClusterIp, inputs.Family, "dst,dst")} {MarkMasquerade}";
    }

    private static IEnumerable<string> AcceptExternal(KubeSet set, IpFamily family)
    {
        var match = CommentedMatch(set, family, "dst,dst");
        yield return $"{match} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT";
        yield return $"{match} -m addrtype --dst-type LOCAL -j ACCEPT";
    }

    private static IEnumerable<string> LoadBalancer(ChainInputs inputs)
    {
        if (inputs.Has(KubeSets.LoadBalancerLocal))
        {
            yield return $"{CommentedMatch(KubeSets.LoadBalancerLocal, inputs.Family, "dst,dst")} -j RETURN";
        }
        yield return MarkMasquerade;
    }

    private static IEnumerable<string> NodePort(ChainInputs inputs)
    {
        (string Protocol, KubeSet Local, KubeSet All, string Directions)[] rows =
        [
            ("tcp", KubeSets.NodePortLocalTcp, KubeSets.NodePortTcp, "dst"),
            ("udp", KubeSets.NodePortLocalUdp, KubeSets.NodePortUdp, "dst"),
            ("sctp", KubeSets.NodePortLocalSctp, KubeSets.NodePortSctp, "dst,dst"),
        ];
        foreach (var (protocol, local, all, directions) in rows)
        {
            if (inputs.Has(local))
            {
                yield return $"-p {protocol} {CommentedMatch(local, inputs.Family, directions)} -j RETURN";
            }
            if (inputs.Has(all))
            {
                yield return $"-p {protocol} {CommentedMatch(all, inputs.Family, directions)} {MarkMasquerade}";
            }
        }
    }

    private static IEnumerable<string> Postrouting(ChainInputs inputs)
    {
        if (inputs.Has(KubeSets.LoopBack))
        {
            yield return $"{CommentedMatch(KubeSets.LoopBack, inputs.Family, "dst,dst,src")} -j MASQUERADE";
        }
        yield return $"-m mark ! --mark {inputs.Mark}/{inputs.Mark} -j RETURN";
        yield return $"-j MARK --set-xmark {inputs.Mark}/0x0";
        yield return $"{Comment("kubernetes service traffic requiring SNAT")} -j MASQUERADE --random-fully";
    }

    private static Chain ToChain(ChainInputs inputs, string name, IEnumerable<string> rules) =>
        new(new ChainKey(inputs.Family, "nat", name), rules.ToEquatableArray());
}
