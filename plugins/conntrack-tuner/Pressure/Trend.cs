using NetAgent.Contracts;

namespace NetAgent.Plugins.ConntrackTuner.Pressure;

/// <summary>Samples of the last minute, and how fast they move.</summary>
internal sealed class Trend
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1), Spacing = TimeSpan.FromSeconds(1), Recent = TimeSpan.FromSeconds(5);
    private readonly List<(DateTimeOffset Time, ConntrackFacts Facts)> _samples = [];

    public void Add(ConntrackFacts facts, DateTimeOffset now)
    {
        if (_samples.Count > 0)
        {
            var (time, last) = _samples[^1];
            // Counters that fall were reset (module reloaded, namespace changed); a clock that falls was set.
            if (now < time || facts.InsertFailed < last.InsertFailed || facts.Drop < last.Drop || facts.EarlyDrop < last.EarlyDrop)
            {
                _samples.Clear();
            }
            else if (now - time < Spacing)
            {
                return;
            }
        }
        _samples.Add((now, facts));
        // One sample at or beyond the window's edge stays, so that rare samples still give a rate.
        while (_samples.Count > 2 && now - _samples[1].Time >= Window)
        {
            _samples.RemoveAt(0);
        }
    }

    public TimeSpan Span => _samples.Count < 2 ? TimeSpan.Zero : _samples[^1].Time - _samples[0].Time;

    /// <summary>By how much a number grew within the window.</summary>
    public long Growth(Func<ConntrackFacts, long> number) =>
        _samples.Count < 2 ? 0 : number(_samples[^1].Facts) - number(_samples[0].Facts);

    /// <summary>The same per second.</summary>
    public double Rate(Func<ConntrackFacts, long> number) => Span <= TimeSpan.Zero ? 0 : Growth(number) / Span.TotalSeconds;

    /// <summary>When the table will be full at the present rise; null while it does not rise or that cannot be told yet.</summary>
    public TimeSpan? UntilFull()
    {
        if (Span < TimeSpan.FromSeconds(20) || _samples[^1].Facts is not { Max: > 0 } last)
        {
            return null;
        }
        // A rise that has ended still shows in the minute's mean: the latest samples must rise, too.
        var recent = _samples.FindLast(sample => _samples[^1].Time - sample.Time >= Recent);
        var rise = recent.Facts is null ? 0 : (last.Count - recent.Facts.Count) / (_samples[^1].Time - recent.Time).TotalSeconds;
        var rate = Rate(f => f.Count);
        if (rise < rate / 10)
        {
            return null;
        }
        var seconds = (last.Max - last.Count) / rate;
        return seconds is >= 0 and < 365 * 86400.0 ? TimeSpan.FromSeconds(seconds) : null;
    }
}
