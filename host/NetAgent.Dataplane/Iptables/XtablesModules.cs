using System.Buffers;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Iptables;

/// <summary>
/// Which kernel modules a rule would need and this kernel does not have. Asked after a refusal, when the kernel has loaded by itself all
/// that it could. What it has stands in /proc/net/ip_tables_matches and _targets, where those exist.
/// </summary>
internal sealed class XtablesModules(string folder, IpFamily family)
{
    private static readonly string[] Verdicts = ["ACCEPT", "DROP", "RETURN", "QUEUE"];

    // No target of the kernel's is called like KUBE-MARK-MASQ: that is a chain, which another table's refusal keeps from being there.
    private static readonly SearchValues<char> TargetLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    private string Prefix => Path.Combine(folder, family == IpFamily.IPv6 ? "ip6_tables_" : "ip_tables_");

    /// <summary>Modules that are not loaded; none when nothing is known to be missing.</summary>
    /// <param name="rules">As iptables-save prints them.</param>
    /// <param name="chains">Names to which a rule may jump, which are no targets.</param>
    public IReadOnlyList<string> Missing(IEnumerable<string> rules, IReadOnlySet<string> chains)
    {
        var words = rules.Select(rule => rule.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        return
        [
            .. NotKnown("matches", After("-m")).Select(MatchModule)
                .Concat(NotKnown("targets", After("-j").Where(target => !Verdicts.Contains(target) && !chains.Contains(target) && !target.AsSpan().ContainsAnyExcept(TargetLetters))).Select(TargetModule))
                .Distinct(),
        ];

        IEnumerable<string> After(string option) => words.SelectMany(rule => rule.Zip(rule.Skip(1)).Where(pair => pair.First == option).Select(pair => pair.Second)).Distinct();
    }

    private IEnumerable<string> NotKnown(string kind, IEnumerable<string> names)
    {
        try
        {
            var known = File.ReadAllLines(Prefix + kind);
            return [.. names.Where(name => !known.Contains(name))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without the list nothing can be said, and the refusal itself is reported anyway.
            return [];
        }
    }

    private static string MatchModule(string match) => match is "tcp" or "udp" ? "xt_tcpudp" : $"xt_{match}";

    // MARK is a revision of the module of match mark; REJECT is the families' own.
    private string TargetModule(string target) => target switch
    {
        "MARK" => "xt_mark",
        "REJECT" => family == IpFamily.IPv6 ? "ip6t_REJECT" : "ipt_REJECT",
        _ => $"xt_{target}",
    };
}
