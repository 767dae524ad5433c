using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner.Configuration;
using static System.FormattableString;

namespace NetAgent.Plugins.ConntrackTuner.Planning;

/// <summary>
/// Settles nf_conntrack_max and nf_conntrack_buckets against the node: memory, connections now open, room to grow. A value that must
/// not be written becomes the value that is there, because a row that goes would bring an older value back.
/// </summary>
internal sealed class TablePlanner(TunerSettings settings, NodeFacts facts, AdaptiveSize adaptive, IList<Notice> notices)
{
    /// <summary>The size costs too much memory: it must not be kept for the next boot either.</summary>
    public bool IsSizeRefused { get; private set; }

    public void Settle(Wishes wishes, DateTimeOffset now)
    {
        var byPath = wishes.ByPath;
        // What is asked for must fit by itself: adaptive goes on from there.
        if (byPath.TryGetValue(KnownSysctls.Max, out var asked)
            ? !FitsMemory(asked, SysctlNumber.Of(byPath[KnownSysctls.Buckets].Value), wishes.SizeIsKubeProxys)
            : byPath.TryGetValue(KnownSysctls.Buckets, out var alone) && !FitsMemory(alone))
        {
            IsSizeRefused = true;
            Hold(byPath, KnownSysctls.Max);
            Hold(byPath, KnownSysctls.Buckets);
            return;
        }
        if (settings.Adaptive is not null)
        {
            Adapt(byPath, now);
        }
        if (!byPath.TryGetValue(KnownSysctls.Max, out var max))
        {
            return;
        }
        var entries = SysctlNumber.Of(max.Value);
        var buckets = SysctlNumber.Of(byPath[KnownSysctls.Buckets].Value);
        if (!MayLower(max, entries))
        {
            Hold(byPath, KnownSysctls.Max);
            // Buckets shrink after max only.
            if (buckets < Current(KnownSysctls.Buckets))
            {
                Hold(byPath, KnownSysctls.Buckets);
            }
        }
    }

    private void Adapt(SortedDictionary<string, SysctlWish> byPath, DateTimeOffset now)
    {
        if (facts.Conntrack is not { } table || facts.ReadOnlySysctls.ContainsKey(KnownSysctls.Max))
        {
            return;
        }
        var wish = settings.Adaptive!;
        var bytes = wish.MaxBytes > 0 ? wish.MaxBytes : (long)(wish.MaxShare * facts.MemoryBytes);
        if (facts.MemoryBytes > 0 && bytes > facts.MemoryBytes / 2)
        {
            notices.Add(new(Severity.Warning, "AdaptiveTooLarge",
                Invariant($"adaptive.maxMemory is {bytes >> 20} MiB of the node's {facts.MemoryBytes >> 20} MiB; half of it is taken as the bound. Ask for less")));
            bytes = facts.MemoryBytes / 2;
        }
        var ceiling = TableSize.EntriesFor(bytes);
        adaptive.Begin(table.Max, table.Buckets, ceiling);
        var floor = byPath.TryGetValue(KnownSysctls.Max, out var smallest) ? SysctlNumber.Of(smallest.Value) : Math.Min(adaptive.FirstSize, ceiling);
        if (floor > ceiling)
        {
            notices.Add(new(Severity.Warning, "AdaptiveHasNoRoom",
                Invariant($"adaptive: {bytes >> 20} MiB hold {ceiling} entries, fewer than the {floor} asked for besides; the table stays at that size. Raise adaptive.maxMemory or lower nf_conntrack_max")));
            ceiling = floor;
        }
        var size = adaptive.Look(wish, floor, ceiling, table.Count, table.Drop + table.EarlyDrop, now);
        byPath[KnownSysctls.Max] = new(KnownSysctls.Max, Wishes.Text(size));
        var asked = byPath.TryGetValue(KnownSysctls.Buckets, out var buckets) ? SysctlNumber.Of(buckets.Value) : 0;
        var wanted = Math.Max(Math.Max(asked, adaptive.FirstBuckets), TableSize.RoundBuckets(size / TableSize.EntriesPerBucket));
        byPath[KnownSysctls.Buckets] = new(KnownSysctls.Buckets, Wishes.Text(wanted));
        var least = Math.Max(adaptive.FirstBuckets, TableSize.RoundBuckets(floor / TableSize.EntriesPerBucket));
        // Growing with the table from there on is what adaptive is for; only fewer than it begins with is a wish that stays unmet.
        if (buckets is { Rule: SysctlRule.Exactly } && asked < least && !TableSize.IsRounded(asked, least))
        {
            notices.Add(new(Severity.Warning, "AdaptiveKeepsBuckets",
                Invariant($"adaptive: nf_conntrack_buckets is not lowered to {asked}: it stays at {least} or more, a quarter of max and what the kernel had at the start. Ask for {{atLeast: {asked}}}, or switch adaptive off")));
        }
        if (adaptive.IsAtBound)
        {
            notices.Add(new(Severity.Warning, "AdaptiveAtBound",
                Invariant($"adaptive: the table is at its bound of {size} entries ({bytes >> 20} MiB) and fills up; raise adaptive.maxMemory, or shorten timeouts")));
        }
    }

    private bool FitsMemory(SysctlWish max, long buckets, bool isKubeProxys)
    {
        var entries = SysctlNumber.Of(max.Value);
        // A floor that is met asks for nothing.
        var isThere = max.Rule == SysctlRule.AtLeast && Current(KnownSysctls.Max) >= entries;
        var cost = TableSize.Cost(entries, buckets);
        if (facts.MemoryBytes <= 0 || isThere || cost <= settings.MemoryShare * facts.MemoryBytes)
        {
            return true;
        }
        var text = Invariant($"{entries} entries and {buckets} buckets take {cost >> 20} MiB of kernel memory when full, {100.0 * cost / facts.MemoryBytes:0} % of the node's {facts.MemoryBytes >> 20} MiB; {100 * settings.MemoryShare:0.#} % (memoryShare) allow {TableSize.EntriesFor((long)(settings.MemoryShare * facts.MemoryBytes))} entries");
        notices.Add(isKubeProxys
            ? new(Severity.Warning, "ConntrackTableCostly", $"conntrack.maxPerCore and min ask for much: {text}. Written all the same, as kube-proxy would; lower them if the node runs short")
            : new(Severity.Error, "ConntrackTableTooLarge", $"net/netfilter/nf_conntrack_max is not written: {text}. Ask for fewer, or raise memoryShare"));
        return isKubeProxys;
    }

    private bool FitsMemory(SysctlWish buckets)
    {
        var wanted = SysctlNumber.Of(buckets.Value);
        var isThere = buckets.Rule == SysctlRule.AtLeast && Current(KnownSysctls.Buckets) >= wanted;
        var cost = TableSize.Cost(0, wanted);
        if (facts.MemoryBytes <= 0 || isThere || cost <= settings.MemoryShare * facts.MemoryBytes)
        {
            return true;
        }
        notices.Add(new(Severity.Error, "ConntrackTableTooLarge",
            Invariant($"net/netfilter/nf_conntrack_buckets is not written: {wanted} buckets take {cost >> 20} MiB of kernel memory at once, {100.0 * cost / facts.MemoryBytes:0} % of the node's {facts.MemoryBytes >> 20} MiB; {100 * settings.MemoryShare:0.#} % (memoryShare) allow {(long)(settings.MemoryShare * facts.MemoryBytes) / TableSize.BytesPerBucket}, and a quarter of nf_conntrack_max is enough")));
        return false;
    }

    private bool MayLower(SysctlWish max, long entries)
    {
        var current = Current(KnownSysctls.Max) ?? facts.Conntrack?.Max;
        if (current is null || (current > 0 && (entries >= current || max.Rule == SysctlRule.AtLeast)))
        {
            return true;
        }
        if (facts.Conntrack is { } table && TableSize.LeastFor(table.Count) <= entries)
        {
            return true;
        }
        notices.Add(new(Severity.Warning, "ConntrackMaxHeld",
            Invariant($"net/netfilter/nf_conntrack_max stays at {current} and is not lowered to {entries} yet: ")
            + (facts.Conntrack is null ? "how many connections are open cannot be read" : "the connections now open need 1.25 times their number. It is lowered when they are fewer")));
        return false;
    }

    private void Hold(SortedDictionary<string, SysctlWish> byPath, string path)
    {
        if (Current(path) is > 0 and var current)
        {
            byPath[path] = new(path, Wishes.Text(current));
        }
        else
        {
            byPath.Remove(path);
        }
    }

    private long? Current(string path) => facts.Sysctls.TryGetValue(path, out var text) ? SysctlNumber.Of(text) : null;
}
