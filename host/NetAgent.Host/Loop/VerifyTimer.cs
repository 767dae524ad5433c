using NetAgent.Host.Timing;

namespace NetAgent.Host.Loop;

/// <summary>
/// When the kernel is next read in full: every period, give or take a tenth, so that nodes do not march in step. Between that, when to take
/// a glance at it. All by the steady clock.
/// </summary>
internal sealed class VerifyTimer(TimeProvider time)
{
    private static readonly TimeSpan Floor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DriftPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestProbePause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestProbePause = TimeSpan.FromMilliseconds(50);

    private TimeSpan _period;
    private DateTimeOffset _last = DateTimeOffset.MinValue;

    public DateTimeOffset NextDue { get; private set; } = DateTimeOffset.MaxValue;

    /// <summary>When a glance is due; null before the kernel was first read.</summary>
    public DateTimeOffset? NextProbe { get; private set; }

    /// <summary>Whether it is time for a glance.</summary>
    public bool IsProbeDue => NextProbe <= time.GetSteadyNow();

    /// <summary>A glance was taken, one of so many that look at everything, which they do within nine tenths of a period.</summary>
    public void Probed(int aRound)
    {
        var pause = _period * 0.9 / aRound;
        NextProbe = time.GetSteadyNow() + (pause > LongestProbePause ? LongestProbePause : pause < ShortestProbePause ? ShortestProbePause : pause);
    }

    /// <summary>The agent's period or the shortest that a plugin asks for, but never so short that reading is all that is done.</summary>
    public static TimeSpan Shortest(TimeSpan agent, IEnumerable<TimeSpan?> plugins)
    {
        var shortest = plugins.Append(agent).Min() ?? agent;
        return shortest < Floor ? (agent < Floor ? agent : Floor) : shortest;
    }

    /// <summary>The kernel was just read.</summary>
    public void Verified(TimeSpan period)
    {
        _last = time.GetSteadyNow();
        _period = period;
        Probed(1);
#pragma warning disable CA5394 // Spreads load; secrecy is of no use here.
        NextDue = _last + (period * (0.9 + (0.2 * Random.Shared.NextDouble())));
#pragma warning restore CA5394
    }

    /// <summary>The kernel says that somebody changed our state. Another writer that never stops costs us one read a second.</summary>
    public void DriftSeen()
    {
        var soon = _last == DateTimeOffset.MinValue ? time.GetSteadyNow() : _last + DriftPause;
        NextDue = soon < NextDue ? soon : NextDue;
    }
}
