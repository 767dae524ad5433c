namespace NetAgent.Host.Plugins.Calls;

/// <summary>
/// Tells when a wedged call came back after all: a node that was starved for a while must not keep a plugin down for good.
/// </summary>
internal sealed class OverdueCall(Action wake)
{
    private volatile bool _hasReturned;

    public async Task WatchAsync(Task late)
    {
        await late.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _hasReturned = true;
        wake();
    }

    /// <summary>True once for each return.</summary>
    public bool Take()
    {
        var hasReturned = _hasReturned;
        _hasReturned = false;
        return hasReturned;
    }
}
