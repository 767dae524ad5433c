using NetAgent.Contracts;

namespace NetAgent.Dataplane.Kinds;

/// <summary>The sets that a chain's rules match. iptables-restore refuses the whole table for one set that is not there.</summary>
internal static class RuleSets
{
    private const string Option = "--match-set ";

    public static IEnumerable<string> Of(Chain chain) => ((IReadOnlyList<string>)chain.Rules).SelectMany(Of);

    public static IEnumerable<string> Of(string rule)
    {
        for (var at = rule.IndexOf(Option, StringComparison.Ordinal); at >= 0; at = rule.IndexOf(Option, at, StringComparison.Ordinal))
        {
            at += Option.Length;
            var end = rule.IndexOf(' ', at);
            yield return end < 0 ? rule[at..] : rule[at..end];
        }
    }
}
