using NetAgent.Contracts;

namespace NetAgent.Host.Plugins.Calls;

/// <summary>
/// The slice that one call sees. Once the loop goes on without the call, the slice behind it is the loop's alone: a call that may still
/// end well writes into the void and is asked for everything again; one that was given up is refused.
/// </summary>
internal sealed class GuardedSlice(ISlice inner, StagedSlice? staged = null) : ISlice
{
    private readonly Lock _gate = new();
    private bool _isClosed;
    private string[]? _detachedScopes;

    /// <summary>What the call writes, where it reaches the dataplane only as a whole; null where it goes straight into the slice.</summary>
    public StagedSlice? Staged { get; } = staged;

    /// <summary>
    /// What to do when the loop goes on without the call: on a timeout a live slice is detached, and what is staged is nobody else's until
    /// it is taken.
    /// </summary>
    public Action? Overdue => Staged is null ? Detach : null;

    /// <summary>What was written is only part of what the call wanted to.</summary>
    public bool IsDetached => _detachedScopes is not null;

    public IReadOnlyCollection<string> Scopes
    {
        get
        {
            lock (_gate)
            {
                Check();
                return _detachedScopes ?? inner.Scopes;
            }
        }
    }

    public void Replace(string scope, RowSet rows)
    {
        lock (_gate)
        {
            if (Check())
            {
                inner.Replace(scope, rows);
            }
        }
    }

    public void Remove(string scope)
    {
        lock (_gate)
        {
            if (Check())
            {
                inner.Remove(scope);
            }
        }
    }

    public int CountEntries(string set)
    {
        lock (_gate)
        {
            return Check() ? inner.CountEntries(set) : 0;
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

    /// <summary>Waits for a write in progress and takes no other, unseen by the plugin.</summary>
    public void Detach()
    {
        lock (_gate)
        {
            _detachedScopes = [.. inner.Scopes];
        }
    }

    private bool Check()
    {
        if (_isClosed)
        {
            throw new OperationCanceledException("the call took longer than pluginDeadline and was given up");
        }
        return _detachedScopes is null;
    }
}
