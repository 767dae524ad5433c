using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Competitors;
using NetAgent.Plugins.MasqAgent.Nat;
using NetAgent.Plugins.MasqAgent.Rules;
using NetAgent.Plugins.MasqAgent.Settings;

namespace NetAgent.Plugins.MasqAgent;

/// <summary>What the settings come to on this node: chains, and what an operator should see.</summary>
internal sealed class MasqWish
{
    /// <summary>Beyond these a status page helps nobody.</summary>
    private const int MaximumNotices = 40;

    private readonly List<Notice> _notices = [];
    private readonly List<Gauge> _gauges = [];

    private MasqWish()
    {
    }

    public List<MasqChain> Chains { get; } = [];

    /// <summary>Null while the pod CIDRs that the settings ask for cannot be known.</summary>
    public static MasqWish? From(MasqSettings settings, IReadOnlyList<Finding> findings, ReconcileInput input)
    {
        var chains = ChainsOf(settings, input.Cluster.Node);
        if (chains is null)
        {
            return null;
        }
        var wish = new MasqWish();
        wish.Chains.AddRange(chains);
        wish._notices.AddRange(findings.OrderByDescending(f => f.Severity).Select(f => f.ToNotice()));
        wish.NotePodCidrs(settings, input.Cluster.Node);
        foreach (var chain in chains)
        {
            var competitors = Competitors(settings, chain, input, wish._notices);
            wish._notices.AddRange(competitors.Select(c => c.ToNotice(chain.Family, chain.Name)));
            wish.Measure("netagent_masq_non_masquerade_ranges", chain, chain.Rules.Count(r => r.Kind == MasqRuleKind.NonMasquerade));
            wish.Measure("netagent_masq_competing_owners", chain, competitors.Count);
        }
        return wish;
    }

    /// <summary>The chains that the settings ask for; null while the node's pod CIDRs are needed and unknown.</summary>
    public static IReadOnlyList<MasqChain>? ChainsOf(MasqSettings settings, Node? node)
    {
        if (settings.PodCidrsOnly && node is null)
        {
            return null;
        }
        IReadOnlyList<InetPrefix>? sources = settings.PodCidrsOnly && !node!.PodCIDRs.IsEmpty ? node.PodCIDRs : null;
        return [.. settings.Flags.Families.Select(family => MasqChain.Build(settings, family, sources))];
    }

    public static IReadOnlyList<InetPrefix> PodCidrsOf(Node? node, IpFamily family) =>
        [.. (node?.PodCIDRs ?? []).Where(p => p.Family == family)];

    public static NatTable? TableOf(NodeFacts facts, MasqChain chain) =>
        facts.IptablesTables.FirstOrDefault(t => IsNat(t, chain) && !t.IsOtherBackend) is { } table ? new(table.Rules, chain.Name) : null;

    /// <summary>The nat table of the back end that the host does not write to, with that back end's name.</summary>
    public static (NatTable Table, string Backend)? OtherTableOf(NodeFacts facts, MasqChain chain) =>
        facts.IptablesTables.FirstOrDefault(t => IsNat(t, chain) && t.IsOtherBackend) is { } table
            ? (new(table.Rules, chain.Name), table.Backend) : null;

    public void WriteTo(RowSet rows)
    {
        foreach (var chain in Chains)
        {
            rows.Chains.Add(chain.ToRow());
            rows.Jumps.Add(chain.ToJump());
        }
        foreach (var notice in _notices.Take(MaximumNotices))
        {
            rows.Notices.Add(notice);
        }
        if (_notices.Count > MaximumNotices)
        {
            rows.Notices.Add(new(Severity.Warning, "MoreNotices",
                string.Create(CultureInfo.InvariantCulture, $"{_notices.Count - MaximumNotices} more are not shown; mend these first")));
        }
        foreach (var gauge in _gauges)
        {
            rows.Gauges.Add(gauge);
        }
    }

    private static List<Competitor> Competitors(MasqSettings settings, MasqChain chain, ReconcileInput input, List<Notice> notices)
    {
        if (ServiceMasquerade.Find(input.Facts, chain.Family) is { } services)
        {
            notices.Add(services);
        }
        var found = new List<Competitor>();
        if (TableOf(input.Facts, chain) is { } table)
        {
            Search(table, null);
        }
        if (OtherTableOf(input.Facts, chain) is { } other)
        {
            Search(other.Table, other.Backend);
        }
        return found;

        void Search(NatTable nat, string? otherBackend)
        {
            found.AddRange(new CompetitorSearch(nat, chain, PodCidrsOf(input.Cluster.Node, chain.Family), !settings.Flags.ToPorts.IsEmpty)
                .Find().Select(c => c with { OtherBackend = otherBackend }));
            if (nat.IsExhausted)
            {
                notices.Add(new(Severity.Information, "CompetitorsNotSearchedInFull",
                    $"{chain.Family} nat{(otherBackend is null ? "" : $" ({otherBackend} back end)")} has too many rules to look through"
                        + " all of them for others that masquerade"));
            }
        }
    }

    private static bool IsNat(IptablesTableFacts table, MasqChain chain) => table.Family == chain.Family && table.Table == "nat";

    private void NotePodCidrs(MasqSettings settings, Node? node)
    {
        if (!settings.PodCidrsOnly || node is null)
        {
            return;
        }
        if (node.PodCIDRs.IsEmpty)
        {
            _notices.Add(new(Severity.Warning, "NoPodCIDRs",
                $"podCIDRsOnly cannot be heeded: Node {node.Name} has no spec.podCIDRs (its CNI allocates elsewhere), so traffic is"
                    + " masqueraded whatever its source"));
            return;
        }
        foreach (var family in Chains.Select(c => c.Family).Where(f => PodCidrsOf(node, f).Count == 0))
        {
            _notices.Add(new(Severity.Information, "NoPodCIDRs",
                $"podCIDRsOnly: Node {node.Name} has no {family} pod CIDR, so no {family} traffic is masqueraded"));
        }
    }

    private void Measure(string name, MasqChain chain, int value) => _gauges.Add(new(name, value)
    {
        Labels = [new Label("family", chain.Family.ToString())],
    });
}
