using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner.Configuration;
using NetAgent.Plugins.ConntrackTuner.Planning;
using static System.FormattableString;

namespace NetAgent.Plugins.ConntrackTuner.Pressure;

/// <summary>Watches the connection table and tells apart why connections are lost: no room, races between inserts, long chains, odd packets.</summary>
internal sealed class PressureWatch
{
    // Below these a minute's loss is noise that every busy node has.
    private const double RacesPerSecond = 1, InvalidPerSecond = 50, RestartsPerSecond = 1000;
    private const double Apart = 0.05;
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(5), Soon = TimeSpan.FromMinutes(10);

    private readonly Trend _trend = new();
    private readonly Alarm _unlimited = new(Severity.Warning, "ConntrackUnlimited", TimeSpan.Zero);
    private readonly Alarm _critical = new(Severity.Error, "ConntrackAlmostFull", TimeSpan.Zero);
    private readonly Alarm _warning = new(Severity.Warning, "ConntrackPressure", TimeSpan.Zero);
    private readonly Alarm _filling = new(Severity.Warning, "ConntrackFillsUp", TimeSpan.Zero);
    private readonly Alarm _drop = new(Severity.Error, "ConntrackTableFull", Quiet);
    private readonly Alarm _earlyDrop = new(Severity.Warning, "ConntrackEarlyDrop", Quiet);
    private readonly Alarm _races = new(Severity.Warning, "ConntrackInsertRaces", Quiet);
    private readonly Alarm _chains = new(Severity.Error, "ConntrackChainsTooLong", Quiet);
    private readonly Alarm _invalid = new(Severity.Warning, "ConntrackInvalidPackets", Quiet);
    private readonly Alarm _restarts = new(Severity.Information, "ConntrackSearchRestarts", Quiet);

    public void Look(ConntrackFacts facts, TunerSettings settings, DateTimeOffset now, RowSet rows)
    {
        _trend.Add(facts, now);
        var ratio = facts.Max > 0 ? (double)facts.Count / facts.Max : 0;
        var untilFull = _trend.UntilFull();
        LookAtRoom(facts, settings, now, ratio, untilFull);
        LookAtLoss(facts, now, ratio);
        foreach (var alarm in (Alarm[])[_drop, _chains, _critical, _warning, _filling, _earlyDrop, _races, _invalid, _restarts, _unlimited])
        {
            // One word about fullness is enough.
            if (alarm.Notice is { } notice && !((alarm == _warning || alarm == _filling) && _critical.Notice is not null))
            {
                rows.Notices.Add(notice);
            }
        }
        PressureGauges.Add(facts, ratio, untilFull, _trend, rows.Gauges);
    }

    private void LookAtRoom(ConntrackFacts facts, TunerSettings settings, DateTimeOffset now, double ratio, TimeSpan? untilFull)
    {
        var next = facts.Max * 2;
        string Cure() => settings.Adaptive is not null
            ? "adaptive raises the bound as far as adaptive.maxMemory lets it"
            : Invariant($"Raise net.netfilter.nf_conntrack_max to {next} (up to {(TableSize.Cost(next, next / TableSize.EntriesPerBucket) >> 20) + 1} MiB when full) or set adaptive:, or shorten timeouts (tcp_timeout_time_wait, tcp_timeout_close_wait, udp_timeout_stream)");

        _unlimited.Look(facts.Max == 0, facts.Max > 0, now,
            () => "nf_conntrack_max is 0: no limit, and a flood of connections then eats the node's memory; set it to 131072 or more");
        _critical.Look(ratio >= settings.PressureCritical, ratio < settings.PressureCritical - Apart, now,
            () => Invariant($"{facts.Count} of {facts.Max} connection entries are in use ({100 * ratio:0} %); past the limit new connections are dropped. {Cure()}"));
        _warning.Look(ratio >= settings.PressureWarning, ratio < settings.PressureWarning - Apart, now,
            () => Invariant($"{facts.Count} of {facts.Max} connection entries are in use ({100 * ratio:0} %). {Cure()}"));
        _filling.Look(ratio >= 0.5 && ratio < settings.PressureCritical && untilFull <= Soon, ratio < 0.5 - Apart || untilFull is null || untilFull > 2 * Soon, now,
            () => Invariant($"at the present rise of {_trend.Rate(f => f.Count):0} entries a second the connection table is full in {Math.Ceiling(untilFull!.Value.TotalMinutes):0} minutes ({facts.Count} of {facts.Max}). {Cure()}"));
    }

    private void LookAtLoss(ConntrackFacts facts, DateTimeOffset now, double ratio)
    {
        var drop = _trend.Growth(f => f.Drop);
        _drop.Look(drop > 0, drop <= 0, now,
            () => Invariant($"the connection table was full: {drop} {(drop == 1 ? "packet" : "packets")} of new connections dropped in {_trend.Span.TotalSeconds:0} s ({facts.Count} of {facts.Max} entries). Raise net.netfilter.nf_conntrack_max and nf_conntrack_buckets, or find who opens so many (conntrack -L | sort by source)"));
        var early = _trend.Growth(f => f.EarlyDrop);
        _earlyDrop.Look(early > 0, early <= 0, now,
            () => Invariant($"{early} unanswered connections were evicted in {_trend.Span.TotalSeconds:0} s to make room: the first sign of a full table ({facts.Count} of {facts.Max}). Raise net.netfilter.nf_conntrack_max, or look for a scan or a SYN flood"));
        var races = _trend.Rate(f => f.InsertFailed);
        _races.Look(races >= RacesPerSecond && ratio < 0.9, races < RacesPerSecond / 2, now,
            () => Invariant($"{races:0.#} inserts a second fail while the table is {100 * ratio:0} % full: two packets raced for one entry, which is not lack of room; DNS then waits 5 s. Use MASQUERADE --random-fully, NodeLocal DNSCache, or resolv.conf's single-request-reopen (not with musl)"));
        var chains = _trend.Growth(f => f.ChainTooLong);
        _chains.Look(chains > 0, chains <= 0, now,
            () => Invariant($"{chains} {(chains == 1 ? "connection was" : "connections were")} refused in {_trend.Span.TotalSeconds:0} s because of a hash chain that was too long: {facts.Buckets} buckets are too few for {facts.Count} entries. Raise net.netfilter.nf_conntrack_buckets to {TableSize.RoundBuckets(Math.Max(facts.Max, facts.Count) / 2)}; if it is large already, many connections share one address pair"));
        var invalid = _trend.Rate(f => f.Invalid);
        _invalid.Look(invalid >= InvalidPerSecond, invalid < InvalidPerSecond / 2, now,
            () => Invariant($"{invalid:0} packets a second fit no connection: asymmetric routes, entries that timed out too soon, or packets out of the TCP window. Check the return path; nf_conntrack_tcp_be_liberal=1 lets out-of-window packets pass; log them with nf_conntrack_log_invalid=6"));
        var restarts = _trend.Rate(f => f.SearchRestart);
        _restarts.Look(restarts >= RestartsPerSecond, restarts < RestartsPerSecond / 2, now,
            () => Invariant($"{restarts:0} look-ups a second start anew: the table is being resized, or entries come and go faster than chains stay still. If it stays, raise nf_conntrack_buckets"));
    }
}
