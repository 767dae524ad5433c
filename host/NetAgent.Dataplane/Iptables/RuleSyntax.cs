using System.Text;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Iptables;

/// <summary>What must hold before a row may become a line for iptables-restore: one row, one line, no second command.</summary>
internal static class RuleSyntax
{
    // XT_EXTENSION_MAXNAMELEN (linux/netfilter/x_tables.h) less the zero byte.
    private const int MaxChainName = 28;

    /// <summary>Why the chain cannot be written, or null.</summary>
    public static string? Refusal(Chain chain) => Name("chain", chain.Key.Name) ?? Table(chain.Key.Table)
        ?? chain.Rules.Select(r => Rule($"{chain.Key}", r)).FirstOrDefault(r => r is not null);

    /// <summary>Why the jump cannot be written, or null.</summary>
    public static string? Refusal(JumpKey jump) => Name("parent chain", jump.Parent) ?? Table(jump.Table) ?? Rule($"{jump}", jump.Rule);

    private static string? Name(string what, string name) =>
        name.Length == 0 || Encoding.UTF8.GetByteCount(name) > MaxChainName || name[0] is '-' or '!'
        || name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '"')
            ? $"'{Printable(name)}' is no {what} name: 1 to {MaxChainName} bytes without blanks and quotes, not beginning with - or !"
            : null;

    private static string? Table(string table) => table is "nat" or "filter" or "mangle" or "raw" or "security"
        ? null
        : $"'{Printable(table)}' is no iptables table: nat, filter, mangle, raw or security";

    private static string? Rule(string owner, string rule)
    {
        if (rule.Any(char.IsControl))
        {
            return $"{Printable(owner)}: the rule '{Printable(rule)}' holds a control character";
        }
        return RuleToken.IsClosed(rule) ? null : $"{owner}: the rule '{rule}' has a quote that does not close";
    }

    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
