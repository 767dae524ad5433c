using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Conntrack;

/// <summary>Per-CPU counters summed; each CPU's is 32 bits wide and wraps on its own.</summary>
internal sealed class ConntrackCounters
{
    private readonly Dictionary<string, long> _sums = new(StringComparer.Ordinal);

    public long this[string name] => _sums.GetValueOrDefault(name);

    /// <summary>Adds one CPU of IPCTNL_MSG_CT_GET_STATS_CPU (enum ctattr_stats_cpu).</summary>
    public static void AddMessage(NetlinkMessage message, ConntrackCounters sums)
    {
        foreach (var attribute in message.Attributes(ConntrackFormat.HeaderLength))
        {
            var name = attribute.Type switch
            {
                4 => "invalid",         // CTA_STATS_INVALID
                9 => "insert_failed",   // CTA_STATS_INSERT_FAILED
                10 => "drop",           // CTA_STATS_DROP
                11 => "early_drop",     // CTA_STATS_EARLY_DROP
                13 => "search_restart", // CTA_STATS_SEARCH_RESTART
                15 => "chaintoolong",   // CTA_STATS_CHAIN_TOOLONG
                _ => null,
            };
            if (name is not null)
            {
                sums.Add(name, attribute.ReadUInt32BigEndian());
            }
        }
    }

    /// <summary>
    /// Sums the rows of /proc/net/stat/nf_conntrack by the names in its first line, which differ between kernels (searched became clashres,
    /// delete_list chainlength). <c>entries</c> is the same number in every row.
    /// </summary>
    public static ConntrackCounters ParseProcFile(string text, out long entries)
    {
        var sums = new ConntrackCounters();
        entries = 0;
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var names = lines.Length == 0 ? [] : lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in lines.Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            for (var i = 0; i < Math.Min(fields.Length, names.Length); i++)
            {
                if (!long.TryParse(fields[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                {
                    continue;
                }
                if (names[i] == "entries")
                {
                    entries = value;
                }
                else
                {
                    sums.Add(names[i], value);
                }
            }
        }
        return sums;
    }

    public ConntrackFacts ToFacts(long count, long max, long buckets) => new()
    {
        Count = count,
        Max = max,
        Buckets = buckets,
        InsertFailed = this["insert_failed"],
        Drop = this["drop"],
        EarlyDrop = this["early_drop"],
        SearchRestart = this["search_restart"],
        Invalid = this["invalid"],
        ChainTooLong = this["chaintoolong"],
    };

    private void Add(string name, long value) => _sums[name] = _sums.GetValueOrDefault(name) + value;
}
