namespace NetAgent.Dataplane.Drift;

/// <summary>
/// Whether the rules of iptables may be others than those last read, by a number that differs after each change whoever makes it. It is
/// taken before the rules are read, for what changes while they are read is seen the next time; and what the agent itself wrote is read
/// back once, since somebody else's change of the same moment hides behind it.
/// </summary>
/// <param name="stamp">The number; null where the kernel does not tell.</param>
internal sealed class RuleWatch(Func<ulong?> stamp)
{
    private ulong? _known;
    private ulong? _beforeReading;
    private bool _isReading;
    private bool _isWritten;

    public void BeforeReading() => (_isReading, _beforeReading) = (true, stamp());

    public void Wrote() => _isWritten = true;

    /// <param name="isKnown">The rules were read when last asked for.</param>
    public void AfterWriting(bool isKnown)
    {
        if (_isReading && isKnown && !_isWritten)
        {
            _known = _beforeReading;
        }
        else if (_isWritten || _isReading)
        {
            _known = null;
        }
        (_isReading, _isWritten) = (false, false);
    }

    /// <summary>They should be read, if it is not too soon.</summary>
    public bool MayDiffer() => stamp() is { } now && now != _known;
}
