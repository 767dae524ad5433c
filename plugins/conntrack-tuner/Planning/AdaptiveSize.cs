using NetAgent.Plugins.ConntrackTuner.Configuration;

namespace NetAgent.Plugins.ConntrackTuner.Planning;

/// <summary>
/// A table size that follows its use: raised at once when it fills, or is about to at the speed now seen, and halved late when it has
/// long been empty. Every raise doubles at least, so there are few re-hashes however fast connections come. The settings leave a gap
/// between high/2 and low, so neither step calls for the other.
/// </summary>
internal sealed class AdaptiveSize
{
    /// <summary>How often the table is to be looked at: what fills it between two looks is lost.</summary>
    public static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>Room is made for what comes within this time at the present speed: several looks, one of them after a long sync.</summary>
    public static readonly TimeSpan Foresight = TimeSpan.FromSeconds(5);

    /// <summary>How long a table must have been empty.</summary>
    public static readonly TimeSpan BeforeLowering = TimeSpan.FromMinutes(10);

    private DateTimeOffset? _lowSince;
    private (DateTimeOffset Time, long Count, long Lost)? _last;

    /// <summary>The size now wanted; 0 before the first look.</summary>
    public long Size { get; private set; }

    /// <summary>The size at the first look: the floor where none is configured.</summary>
    public long FirstSize { get; private set; }

    /// <summary>Buckets at the first look: what the kernel had by itself is not taken away.</summary>
    public long FirstBuckets { get; private set; }

    /// <summary>It should be larger and may not; stays so until the table is a little emptier.</summary>
    public bool IsAtBound { get; private set; }

    /// <summary>Goes on from what the kernel has, also after a restart. Later calls do nothing.</summary>
    public void Begin(long max, long buckets, long ceiling)
    {
        if (Size == 0)
        {
            // nf_conntrack_max 0 is no limit.
            FirstSize = Size = max > 0 ? max : ceiling;
            FirstBuckets = buckets;
        }
    }

    /// <summary>The size to want from now on.</summary>
    /// <param name="settings">Thresholds.</param>
    /// <param name="floor">Never below.</param>
    /// <param name="ceiling">Never raised above; at least the floor.</param>
    /// <param name="count">Entries now.</param>
    /// <param name="lost">Connections refused or evicted for want of room, ever.</param>
    /// <param name="now">When.</param>
    public long Look(AdaptiveSettings settings, long floor, long ceiling, long count, long lost, DateTimeOffset now)
    {
        var bounded = Math.Clamp(Size, floor, ceiling);
        Size = bounded >= Size ? bounded : Math.Max(bounded, Math.Min(Size, TableSize.LeastFor(count)));
        var (coming, isLosing) = Foresee(count, lost, now);
        _last = (now, count, lost);

        if (count >= settings.Low * Size)
        {
            _lowSince = null;
        }
        else
        {
            _lowSince ??= now;
        }
        // Other causes count as drops too: without a table half-way to high they say nothing about room.
        var isShort = count >= settings.High * Size || count + coming >= Size || (isLosing && count >= settings.High / 2 * Size);
        if (isShort && Size < ceiling)
        {
            do
            {
                Size = Math.Min(ceiling, Size * 2);
            }
            while (count + coming >= settings.High * Size && Size < ceiling);
            _lowSince = null;
        }
        else if (_lowSince is { } since && now - since >= BeforeLowering && Size > floor)
        {
            Size = Math.Max(Math.Max(floor, Size / 2), Math.Min(Size, TableSize.LeastFor(count)));
            _lowSince = null;
        }
        IsAtBound = Size >= ceiling && count >= (settings.High - (IsAtBound ? 0.05 : 0)) * Size;
        return Size;
    }

    /// <summary>
    /// How many entries come before the next looks at the speed since the last one, and whether some were lost meanwhile.
    /// </summary>
    private (long Coming, bool IsLosing) Foresee(long count, long lost, DateTimeOffset now)
    {
        // Counters that fall were reset.
        if (_last is not { } last || now <= last.Time || lost < last.Lost)
        {
            return (0, false);
        }
        var passed = now - last.Time;
        // A full table grows no more: what it turned away would have been entries.
        var grown = Math.Max(0, count - last.Count) + (lost - last.Lost);
        // Where looks are slow the next one may be as late as this one was.
        var ahead = Math.Clamp(passed.TotalSeconds, Foresight.TotalSeconds, 3 * Foresight.TotalSeconds);
        return ((long)Math.Min(int.MaxValue, grown * ahead / passed.TotalSeconds), lost > last.Lost);
    }
}
