using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Sets;
using static NetAgent.Plugins.Ipvs.Chains.RuleText;

namespace NetAgent.Plugins.Ipvs.Chains;

/// <summary>kube-proxy's chains in the filter table: source ranges, and no access to host ports through service addresses.</summary>
internal static class FilterChains
{
    public static IEnumerable<Chain> Rows(ChainInputs inputs)
    {
        yield return ToChain(inputs, ChainNames.Forward, Forward(inputs));
        yield return ToChain(inputs, ChainNames.NodePort,
            [$"{CommentedMatch(KubeSets.HealthCheckNodePort, inputs.Family, "dst")} -j ACCEPT"]);
        yield return ToChain(inputs, ChainNames.ProxyFirewall, ProxyFirewall(inputs));
        yield return ToChain(inputs, ChainNames.SourceRanges, SourceRanges(inputs));
        yield return ToChain(inputs, ChainNames.IpvsFilter, IpvsFilter(inputs));
        yield return new Chain(new ChainKey(inputs.Family, "filter", ChainNames.IpvsOutFilter), inputs.OutFilterRules);
    }

    private static IEnumerable<string> Forward(ChainInputs inputs)
    {
        yield return $"{Comment("kubernetes forwarding rules")} -m mark --mark {inputs.Mark}/{inputs.Mark} -j ACCEPT";
        yield return $"{Comment("kubernetes forwarding conntrack rule")} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
    }

    private static IEnumerable<string> ProxyFirewall(ChainInputs inputs)
    {
        if (inputs.Has(KubeSets.LoadBalancerFirewall))
        {
            yield return $"{CommentedMatch(KubeSets.LoadBalancerFirewall, inputs.Family, "dst,dst")} -j {ChainNames.SourceRanges}";
        }
    }

    private static IEnumerable<string> SourceRanges(ChainInputs inputs)
    {
        if (inputs.Has(KubeSets.LoadBalancerSourceCidr))
        {
            yield return $"{CommentedMatch(KubeSets.LoadBalancerSourceCidr, inputs.Family, "dst,dst,src")} -j RETURN";
        }
        if (inputs.Has(KubeSets.LoadBalancerSourceIp))
        {
            yield return $"{CommentedMatch(KubeSets.LoadBalancerSourceIp, inputs.Family, "dst,dst,src")} -j RETURN";
        }
        yield return "-j DROP";
    }

    private static IEnumerable<string> IpvsFilter(ChainInputs inputs)
    {
        var family = inputs.Family;
        yield return $"{Match(KubeSets.LoadBalancer, family, "dst,dst")} -j RETURN";
        yield return $"{Match(KubeSets.ClusterIp, family, "dst,dst")} -j RETURN";
        yield return $"{Match(KubeSets.ExternalIp, family, "dst,dst")} -j RETURN";
        yield return $"{Match(KubeSets.ExternalIpLocal, family, "dst,dst")} -j RETURN";
        yield return $"{Match(KubeSets.HealthCheckNodePort, family, "dst")} -j RETURN";
        var reject = family == IpFamily.IPv6 ? "icmp6-port-unreachable" : "icmp-port-unreachable";
        yield return $"-m conntrack --ctstate NEW {Match(KubeSets.IpvsIps, family, "dst")} -j REJECT --reject-with {reject}";
    }

    private static Chain ToChain(ChainInputs inputs, string name, IEnumerable<string> rules) =>
        new(new ChainKey(inputs.Family, "filter", name), rules.ToEquatableArray());
}
