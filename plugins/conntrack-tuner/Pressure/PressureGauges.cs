using NetAgent.Contracts;

namespace NetAgent.Plugins.ConntrackTuner.Pressure;

/// <summary>
/// The connection table in numbers, under node-exporter's names, so that dashboards and alerts fit that its own collector leaves empty
/// on kernels without /proc/net/stat/nf_conntrack, and under our own.
/// </summary>
internal static class PressureGauges
{
    public static void Add(ConntrackFacts facts, double ratio, TimeSpan? untilFull, Trend trend, IList<Gauge> gauges)
    {
        gauges.Add(new("node_nf_conntrack_entries", facts.Count));
        gauges.Add(new("node_nf_conntrack_entries_limit", facts.Max));
        gauges.Add(new("netagent_conntrack_entries", facts.Count));
        gauges.Add(new("netagent_conntrack_entries_limit", facts.Max));
        gauges.Add(new("netagent_conntrack_buckets", facts.Buckets));
        gauges.Add(new("netagent_conntrack_usage_ratio", ratio));
        foreach (var (name, value) in (ReadOnlySpan<(string, long)>)
            [
                ("insert_failed", facts.InsertFailed), ("drop", facts.Drop), ("early_drop", facts.EarlyDrop),
                ("search_restart", facts.SearchRestart), ("invalid", facts.Invalid),
            ])
        {
            gauges.Add(new("node_nf_conntrack_stat_" + name, value));
            gauges.Add(new("netagent_conntrack_stat_" + name, value));
        }
        gauges.Add(new("netagent_conntrack_stat_chain_too_long", facts.ChainTooLong));
        if (trend.Span > TimeSpan.Zero)
        {
            gauges.Add(new("netagent_conntrack_insert_failed_per_second", trend.Rate(f => f.InsertFailed)));
            gauges.Add(new("netagent_conntrack_drop_per_second", trend.Rate(f => f.Drop)));
        }
        if (untilFull is { } time)
        {
            gauges.Add(new("netagent_conntrack_minutes_until_full", time.TotalMinutes));
        }
    }
}
