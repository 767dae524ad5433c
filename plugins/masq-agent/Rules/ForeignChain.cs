using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Flags;

namespace NetAgent.Plugins.MasqAgent.Rules;

/// <summary>Tells a chain that ip-masq-agent or this plugin wrote from one that only bears the name that --masq-chain gives.</summary>
internal static class ForeignChain
{
    /// <summary>
    /// A chain that has rules, none of them with one of our comments, with the first rule; null where there is none. One rule of ours makes
    /// it ours, and the others drift.
    /// </summary>
    public static string? Find(NodeFacts facts, string chain)
    {
        if (chain == MasqFlags.DefaultChain)
        {
            return null;
        }
        var start = $"-A {chain} ";
        foreach (var table in facts.IptablesTables.Where(table => table is { Table: "nat", IsOtherBackend: false }))
        {
            var rules = table.Rules.Where(rule => rule.StartsWith(start, StringComparison.Ordinal)).ToArray();
            if (rules.Length > 0 && !Array.Exists(rules, RuleText.IsOurs))
            {
                return $"its {table.Family} rules in table nat are not ip-masq-agent's ({rules[0]})";
            }
        }
        return null;
    }
}
