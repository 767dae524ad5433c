using NetAgent.Contracts;

namespace NetAgent.Host.Plugins;

/// <summary>
/// The slice that one call sees. After the call was given up it refuses everything, so that a plugin that comes back late cannot write
/// while the loop goes on.
/// </summary>
internal sealed class GuardedSlice(ISlice inner) : ISlice
{
    private readonly Lock _gate = new();
    private bool _isClosed;

    public IReadOnlyCollection<string> Scopes
    {
        get
        {
            lock (_gate)
            {
                Check();
                return inner.Scopes;
            }
        }
    }

    public void Replace(string scope, RowSet rows)
    {
        lock (_gate)
        {
            Check();
            inner.Replace(scope, rows);
        }
    }

    public void Remove(string scope)
    {
        lock (_gate)
        {
            Check();
            inner.Remove(scope);
        }
    }

    public int CountEntries(string set)
    {
        lock (_gate)
        {
            Check();
            return inner.CountEntries(set);
        }
    }

    /// <summary>Waits for a write in progress and lets no other in.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    private void Check()
    {
        if (_isClosed)
        {
            throw new OperationCanceledException("the call took longer than pluginDeadline and was given up");
        }
    }
}
