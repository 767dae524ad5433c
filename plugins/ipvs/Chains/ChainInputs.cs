using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Sets;

namespace NetAgent.Plugins.Ipvs.Chains;

/// <summary>Everything that the text of one family's chains depends on; equal inputs, equal text.</summary>
/// <param name="Family">The family.</param>
/// <param name="MasqueradeBit">Bit of the mark.</param>
/// <param name="MasqueradeAll">Masquerade all traffic to cluster IPs.</param>
/// <param name="NotLocal">Match for traffic from outside the cluster's pods, or null.</param>
/// <param name="NonEmptySets">Names of sets that have members.</param>
/// <param name="OutFilterRules">Rules of KUBE-IPVS-OUT-FILTER, in order.</param>
internal sealed record ChainInputs(
    IpFamily Family,
    int MasqueradeBit,
    bool MasqueradeAll,
    string? NotLocal,
    EquatableArray<string> NonEmptySets,
    EquatableArray<string> OutFilterRules)
{
    public string Mark { get; } = $"0x{1u << MasqueradeBit:x}";

    public bool Has(KubeSet set) => NonEmptySets.AsSpan().Contains(set.Name(Family));
}
