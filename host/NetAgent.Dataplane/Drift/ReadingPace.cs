namespace NetAgent.Dataplane.Drift;

/// <summary>
/// How soon the probe may have a kind read again. The first damage after a quiet time is read at once; who goes on changing things (a CNI
/// that writes rules with every pod, a rival for a set) is read less and less often, but never so seldom that ten seconds would pass.
/// </summary>
internal sealed class ReadingPace(TimeProvider time)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);

    private long? _last;
    private TimeSpan _pause;

    public bool IsDue => _last is null || time.GetElapsedTime(_last.Value) >= _pause;

    /// <summary>It is read now because of what the probe saw.</summary>
    public void Read()
    {
        var isFirst = _last is null || time.GetElapsedTime(_last.Value) > Quiet;
        _pause = isFirst ? Shortest : _pause * 2 < Longest ? _pause * 2 : Longest;
        _last = time.GetTimestamp();
    }
}
