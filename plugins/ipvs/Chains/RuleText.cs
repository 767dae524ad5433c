using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Sets;

namespace NetAgent.Plugins.Ipvs.Chains;

/// <summary>Pieces of rules in the form in which iptables-save prints them.</summary>
internal static class RuleText
{
    // iptables-save escapes quotes and backslashes inside a quoted comment.
    public static string Comment(string text) =>
        $"-m comment --comment \"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}\"";

    public static string Match(KubeSet set, IpFamily family, string directions) => $"-m set --match-set {set.Name(family)} {directions}";

    public static string CommentedMatch(KubeSet set, IpFamily family, string directions) =>
        $"{Comment(set.Comment)} {Match(set, family, directions)}";
}
