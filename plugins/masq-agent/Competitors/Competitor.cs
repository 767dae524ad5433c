using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Nat;
using NetAgent.Plugins.MasqAgent.Owners;
using NetAgent.Plugins.MasqAgent.Rules;

namespace NetAgent.Plugins.MasqAgent.Competitors;

/// <summary>Rules of one owner that masquerade what our chain leaves alone, or before our chain may choose the port.</summary>
/// <param name="Owner">Whose they are.</param>
/// <param name="Example">The first of them.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Order">Where they stand.</param>
/// <param name="Certainty">Whether more than address and mark decides.</param>
/// <param name="Ranges">Ranges that our chain leaves alone in vain.</param>
/// <param name="TakesPorts">They come before --to-ports could be heeded.</param>
/// <param name="OnlyOtherSources">Their source lies in no pod CIDR of the node.</param>
internal sealed record Competitor(
    MasqueradeOwner Owner,
    NatRule Example,
    int Count,
    NatOrder Order,
    Tristate Certainty,
    IReadOnlyList<MasqRule> Ranges,
    bool TakesPorts,
    bool OnlyOtherSources)
{
    /// <summary>The iptables back end that it stands in, where that is not ours: <c>nft</c> or <c>legacy</c>. Packets pass both.</summary>
    public string? OtherBackend { get; init; }

    public Notice ToNotice(IpFamily family, string chain)
    {
        var serious = !OnlyOtherSources && (TakesPorts || Ranges.Any(r => r.Kind == MasqRuleKind.NonMasquerade));
        return new(serious ? Severity.Warning : Severity.Information, "CompetingMasquerade",
            $"{Rule(family)} {Place(chain)} {Consequence()}; {Owner.Remedy}");
    }

    private string Rule(IpFamily family)
    {
        var others = Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" and {Count - 1} more like it") : "";
        return $"{family} nat{(OtherBackend is null ? "" : $" of iptables-{OtherBackend}")}: rule '{Example.Line}'{others} of {Owner.Name}";
    }

    private string Place(string chain) => OtherBackend is not null
        ? $"stands in the other iptables back end, which packets pass besides {chain}, and"
        : Order == NatOrder.BeforeOurs ? $"comes before the jump to {chain} and"
        : $"comes after the jump to {chain}, whose RETURN only leads to it, and";

    private string Consequence()
    {
        var verb = Certainty == Tristate.Yes ? "masquerades" : "masquerades, where its other conditions hold,";
        var source = Example.Source.IsNone ? "" : $" from {Example.Source}";
        var parts = new List<string>();
        if (Ranges.Count > 0)
        {
            parts.Add($"traffic{source} to {string.Join(", ", Ranges.Take(8).Select(r => r.Destination))}{(Ranges.Count > 8 ? ", …" : "")}, which should keep its source");
        }
        if (TakesPorts)
        {
            parts.Add($"traffic{source} to elsewhere without heeding --to-ports");
        }
        return $"{verb} {string.Join(", and ", parts)}";
    }
}
