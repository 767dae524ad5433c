using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner.Configuration;
using NetAgent.Plugins.Shared.Rivals;

namespace NetAgent.Plugins.ConntrackTuner.Planning;

/// <summary>
/// Turns wishes into rows for this node: patterns spread out, what cannot be written left out and said, buckets and max in order.
/// </summary>
internal sealed class SysctlPlanner(NodeFacts facts, RivalWatch rivals, IList<Notice> notices)
{
    /// <summary>There on every kernel: without it the sysctls have not been read yet, which is not the same as "does not exist".</summary>
    public const string AlwaysThere = KnownSysctls.IpForward;

    private readonly bool _areRead = facts.Sysctls.ContainsKey(AlwaysThere);

    public IReadOnlyList<Sysctl> Plan(SortedDictionary<string, SysctlWish> byPath, DateTimeOffset now)
    {
        var wishes = Spread(byPath).ToList();
        rivals.Keep(wishes.Select(w => w.Path).ToHashSet(StringComparer.Ordinal));
        var (rows, missing, readOnly) = (new List<Sysctl>(), new List<string>(), new List<string>());
        foreach (var wish in wishes)
        {
            var current = facts.Sysctls.GetValueOrDefault(wish.Path);
            if (current is null && _areRead)
            {
                missing.Add(wish.Path);
                continue;
            }
            var isRight = current is not null && IsRight(wish, current);
            if (facts.ReadOnlySysctls.TryGetValue(wish.Path, out var reason))
            {
                if (!isRight)
                {
                    readOnly.Add($"{wish.Path} is {current}, wanted {Wanted(wish)}: {reason}");
                }
                continue;
            }
            if (current is null || rivals.Allows(wish.Path, wish.Value, current.Trim(), isRight, now))
            {
                rows.Add(Row(wish, current));
            }
        }
        Say(missing, readOnly);
        return rows;
    }

    public static bool IsRight(SysctlWish wish, string current)
    {
        var number = SysctlNumber.Of(current);
        var wanted = SysctlNumber.Of(wish.Value);
        return wish.Rule == SysctlRule.AtLeast ? number >= wanted
            : wish.Path == KnownSysctls.Buckets ? TableSize.IsRounded(wanted, number)
            : Words(current).SequenceEqual(Words(wish.Value));
    }

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static string Wanted(SysctlWish wish) => wish.Rule == SysctlRule.AtLeast ? $"{wish.Value} or more" : wish.Value;

    /// <summary>
    /// Patterns reach every interface there is but not <c>default</c>, which is none: an interface made later would inherit our value as
    /// its own, and nobody could tell what it should go back to. Each new one is written to when it comes.
    /// </summary>
    private IEnumerable<SysctlWish> Spread(SortedDictionary<string, SysctlWish> byPath)
    {
        foreach (var wish in byPath.Values)
        {
            if (!wish.Path.Contains('*', StringComparison.Ordinal))
            {
                yield return wish;
                continue;
            }
            foreach (var path in facts.Sysctls.Keys.Where(p =>
                SysctlName.Matches(wish.Path, p) && !byPath.ContainsKey(p) && p != SysctlName.DefaultOf(wish.Path)))
            {
                yield return wish with { Path = path };
            }
        }
    }

    private static Sysctl Row(SysctlWish wish, string? current)
    {
        if (wish.Path != KnownSysctls.Buckets)
        {
            return new(wish.Path, wish.Value) { Rule = wish.Rule };
        }
        var wanted = SysctlNumber.Of(wish.Value);
        var now = current is null ? 0 : SysctlNumber.Of(current);
        // The kernel rounds up to its page; wanting another number would be drift for ever, and not known again as ours.
        var value = TableSize.IsRounded(wanted, now) ? now : TableSize.RoundBuckets(wanted);
        // Buckets grow before max and shrink after it, so that chains never get long in between; going back mostly shrinks them.
        return new(wish.Path, Wishes.Text(value)) { Rule = wish.Rule, Order = value > now ? -1 : 1 };
    }

    private void Say(List<string> missing, List<string> readOnly)
    {
        foreach (var group in missing.GroupBy(Cure))
        {
            notices.Add(
                new(Severity.Warning, "SysctlMissing", $"{string.Join(", ", group)}: not in this kernel, nothing is written; {group.Key}"));
        }
        if (readOnly.Count > 0)
        {
            notices.Add(new(Severity.Warning, "SysctlReadOnly",
                $"observed only: {string.Join("; ", readOnly)}. Run the agent in the host's network namespace with a writable /proc/sys,"
                    + " or set the values on the host"));
        }
    }

    private static string Cure(string path) =>
        path.StartsWith("net/bridge/", StringComparison.Ordinal) ? "they come with module br_netfilter: modprobe br_netfilter"
        : path.StartsWith("net/ipv4/vs/", StringComparison.Ordinal)
            ? "they come with module ip_vs: modprobe ip_vs (newer kernels have names that older ones lack)"
        : path.StartsWith("net/netfilter/", StringComparison.Ordinal)
            ? "they come with module nf_conntrack: modprobe nf_conntrack (newer kernels have names that older ones lack)"
        : "check the interface's name";
}
