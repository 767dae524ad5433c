using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Sysctls;

namespace NetAgent.Dataplane.Conntrack;

/// <summary>
/// Counters of connection tracking. ctnetlink has them on every kernel; /proc/net/stat/nf_conntrack, which most distributions no longer
/// build, stands in where ctnetlink is missing.
/// </summary>
/// <param name="connection">A NETLINK_NETFILTER connection.</param>
/// <param name="sysctls">For table size and, without ctnetlink, count and limit.</param>
internal sealed class ConntrackStatistics(NetlinkConnection connection, SysctlTable sysctls)
{
    private const string BucketsPath = "net/netfilter/nf_conntrack_buckets";
    private const string CountPath = "net/netfilter/nf_conntrack_count";
    private const string MaxPath = "net/netfilter/nf_conntrack_max";

    /// <summary>The counters now.</summary>
    /// <exception cref="KernelException">Neither source can be read: nf_conntrack is not loaded.</exception>
    public ConntrackFacts Read()
    {
        var values = sysctls.ReadPaths([BucketsPath, CountPath, MaxPath]);
        var buckets = Number(values, BucketsPath) ?? 0;
        try
        {
            var (count, max) = connection.Ask(ConntrackCommand.GetStats.Spell(), ConntrackCommand.GetStats, WriteQuestion, () =>
                new Totals(), ReadTotals)
                .Pair;
            var sums = connection.Ask(
                ConntrackCommand.GetCpuStats.Spell(), ConntrackCommand.GetCpuStats, WriteQuestion, () => new ConntrackCounters(),
                ConntrackCounters.AddMessage);
            // Linux before 5.9 has no limit in this message.
            return sums.ToFacts(count ?? Number(values, CountPath) ?? 0, max ?? Number(values, MaxPath) ?? 0, buckets);
        }
        catch (KernelException e)
        {
            // thread-self: /proc/net is the process', not this thread's network namespace.
            const string file = "/proc/thread-self/net/stat/nf_conntrack";
            if (!File.Exists(file) || Number(values, MaxPath) is not { } max)
            {
                throw new KernelException(e.Operation, e.Errno, $"{e.Message}; {file} is not there either: is nf_conntrack loaded?");
            }
            var sums = ConntrackCounters.ParseProcFile(File.ReadAllText(file), out var entries);
            return sums.ToFacts(Number(values, CountPath) ?? entries, max, buckets);
        }
    }

    private static long? Number(IReadOnlyDictionary<string, string> values, string path) =>
        values.TryGetValue(path, out var text) && SysctlValue.TryNumber(text, out var number) ? number : null;

    private static void WriteQuestion(ref NetlinkWriter writer, ConntrackCommand command)
    {
        var flags = command == ConntrackCommand.GetCpuStats ? NetlinkFlags.Dump : NetlinkFlags.None;
        var message = ConntrackFormat.Begin(ref writer, command, 0, flags);
        writer.EndMessage(message);
    }

    private static void ReadTotals(NetlinkMessage message, Totals totals)
    {
        foreach (var attribute in message.Attributes(ConntrackFormat.HeaderLength))
        {
            switch (attribute.Type)
            {
                case 1: // CTA_STATS_GLOBAL_ENTRIES
                    totals.Pair = totals.Pair with { Count = attribute.ReadUInt32BigEndian() };
                    break;
                case 2: // CTA_STATS_GLOBAL_MAX_ENTRIES
                    totals.Pair = totals.Pair with { Max = attribute.ReadUInt32BigEndian() };
                    break;
            }
        }
    }

    private sealed class Totals
    {
        public (long? Count, long? Max) Pair { get; set; }
    }
}
