using NetAgent.Plugins.ConntrackTuner.Configuration;

namespace NetAgent.Plugins.ConntrackTuner.Planning;

/// <summary>
/// A table size that follows its use: doubled soon when it fills, halved late when it has long been empty. The settings leave a gap
/// between high/2 and low, so neither step calls for the other.
/// </summary>
internal sealed class AdaptiveSize
{
    /// <summary>Re-hashing locks the whole table, so it shall not happen at every sample.</summary>
    public static readonly TimeSpan BetweenRaises = TimeSpan.FromSeconds(10);

    /// <summary>How long a table must have been empty.</summary>
    public static readonly TimeSpan BeforeLowering = TimeSpan.FromMinutes(10);

    private DateTimeOffset? _changed;
    private DateTimeOffset? _lowSince;

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
    /// <param name="now">When.</param>
    public long Look(AdaptiveSettings settings, long floor, long ceiling, long count, DateTimeOffset now)
    {
        var bounded = Math.Clamp(Size, floor, ceiling);
        Size = bounded >= Size ? bounded : Math.Max(bounded, Math.Min(Size, TableSize.LeastFor(count)));

        if (count >= settings.Low * Size)
        {
            _lowSince = null;
        }
        else
        {
            _lowSince ??= now;
        }
        if (count >= settings.High * Size && Size < ceiling && (_changed is null || now - _changed >= BetweenRaises))
        {
            do
            {
                Size = Math.Min(ceiling, Size * 2);
            }
            while (count >= settings.High * Size && Size < ceiling);
            (_changed, _lowSince) = (now, null);
        }
        else if (_lowSince is { } since && now - since >= BeforeLowering && Size > floor)
        {
            Size = Math.Max(Math.Max(floor, Size / 2), Math.Min(Size, TableSize.LeastFor(count)));
            (_changed, _lowSince) = (now, null);
        }
        IsAtBound = Size >= ceiling && count >= (settings.High - (IsAtBound ? 0.05 : 0)) * Size;
        return Size;
    }
}
