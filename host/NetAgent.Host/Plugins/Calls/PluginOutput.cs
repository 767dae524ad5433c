using NetAgent.Contracts;
using NetAgent.Dataplane;

namespace NetAgent.Host.Plugins.Calls;

/// <summary>The way of what one plugin wants into the dataplane: a slice, and how much of it a call may write at once.</summary>
internal sealed class PluginOutput(string plugin, IDataplane dataplane)
{
    private ISlice? _slice;
    private GuardedSlice? _current;

    public bool HasSlice => _slice is not null;

    /// <summary>Rows are planned and reported, not written.</summary>
    public bool IsObserveOnly
    {
        get;
        set
        {
            field = value;
            if (HasSlice)
            {
                dataplane.SetObserveOnly(plugin, value);
            }
        }
    }

    /// <summary>
    /// For one call. What writes everything anew reaches the dataplane only as a whole; a change goes straight into the slice.
    /// </summary>
    public GuardedSlice Begin(bool everything)
    {
        var staged = everything ? new StagedSlice() : null;
        return _current = new(staged ?? _slice!, staged);
    }

    /// <summary>The call ended well. False when not all that it wrote was taken.</summary>
    public bool Commit(GuardedSlice written, PluginClaims claims)
    {
        if (written.Staged is not { } staged)
        {
            return !written.IsDetached;
        }
        var slice = dataplane.OpenSlice(plugin, claims);
        _slice = slice;
        dataplane.SetObserveOnly(plugin, IsObserveOnly);
        staged.CommitTo(slice);
        dataplane.MarkComplete(plugin);
        return true;
    }

    /// <summary>A call in progress writes nothing more; what is in the slice stays.</summary>
    public void Seal() => _current?.Close();

    /// <summary>As <see cref="Seal"/>, and ends the slice.</summary>
    public void Close(bool retain)
    {
        Seal();
        if (HasSlice)
        {
            dataplane.CloseSlice(plugin, retain);
            _slice = null;
        }
    }
}
