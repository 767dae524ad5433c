using NetAgent.Contracts;
using NetAgent.Dataplane;

namespace NetAgent.Host.Plugins.Calls;

/// <summary>The way of what one plugin wants into the dataplane: a slice, and how much of it a call may write at once.</summary>
internal sealed class PluginOutput(string plugin, IDataplane dataplane)
{
    private ISlice? _slice;
    private Draft? _draft;

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

    /// <summary>For one call. What writes everything anew reaches the dataplane only as a whole; a change goes straight into the slice.</summary>
    public Draft Begin(bool everything)
    {
        var staged = everything ? new StagedSlice() : null;
        return _draft = new(staged, new(staged ?? _slice!));
    }

    /// <summary>The call ended well. False when not all that it wrote was taken.</summary>
    public bool Commit(Draft draft, PluginClaims claims)
    {
        if (draft.Staged is not { } staged)
        {
            return !draft.Guard.IsDetached;
        }
        var slice = dataplane.OpenSlice(plugin, claims);
        _slice = slice;
        dataplane.SetObserveOnly(plugin, IsObserveOnly);
        staged.CommitTo(slice);
        dataplane.MarkComplete(plugin);
        return true;
    }

    /// <summary>A call in progress writes nothing more; what is in the slice stays.</summary>
    public void Seal() => _draft?.Guard.Close();

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

    /// <summary>What one call writes into.</summary>
    internal sealed record Draft(StagedSlice? Staged, GuardedSlice Guard)
    {
        /// <summary>What to do when the loop goes on without the call: what was staged is nobody else's until it is taken; the slice itself the loop needs back.</summary>
        public Action? Overdue => Staged is null ? Guard.Detach : null;
    }
}
