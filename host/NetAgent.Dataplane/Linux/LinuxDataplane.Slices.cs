using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Linux;

// Ownership, from a plugin's first claim to the removal of its last row.
public sealed partial class LinuxDataplane
{
    /// <inheritdoc/>
    public ISlice OpenSlice(string plugin, PluginClaims claims)
    {
        ArgumentException.ThrowIfNullOrEmpty(plugin);
        ArgumentNullException.ThrowIfNull(claims);
        foreach (var other in _plugins.Known.Where(p => p.Slice is not null && p.Name != plugin))
        {
            if (ClaimOverlap.Find(claims, other.Claims.Claims) is { } overlap)
            {
                throw new ClaimConflictException(
                    $"plugin {plugin} claims {overlap}, which plugin {other.Name} has claimed; disable one of them or give it other names");
            }
        }
        var entry = _plugins.GetOrAdd(plugin);
        // The record, of this run or an earlier one, covers all that the plugin may have in the kernel.
        var recorded = _file.State.Plugins.GetValueOrDefault(plugin) ?? claims;
        if (!entry.Claims.Claims.Equals(claims) || !recorded.Equals(claims))
        {
            entry.Claims = new(claims);
            entry.Earlier = recorded.Equals(claims) ? null : new(recorded);
            // The kernel has not been searched for rows that the new claims cover.
            _verifyNext = true;
        }
        entry.IsComplete &= entry.Slice is not null;
        entry.IsAdopted &= entry.Slice is not null;
        entry.IsLeaving = false;
        entry.Slice ??= new Slice(entry, _tables.InOrderOfWriting, _scopes, _tables.Sizes.CountOf);
        // Recorded only when it may write (see Record): others may own rows within an observer's claims.
        if (_file.State.Plugins.ContainsKey(plugin))
        {
            _file.State.SetPlugin(plugin, ClaimUnion.Of(claims, recorded));
        }
        return entry.Slice;
    }

    /// <inheritdoc/>
    public void MarkComplete(string plugin)
    {
        var entry = Open(plugin);
        _verifyNext |= !entry.IsComplete;
        entry.IsComplete = true;
    }

    /// <inheritdoc/>
    public void Withhold(Withholding withholding)
    {
        ArgumentNullException.ThrowIfNull(withholding);
        _tables.Withheld.Take(withholding);
        _plugins.Unsure = withholding.Plugins;
        _verifyNext = true;
    }

    /// <inheritdoc/>
    public void CloseSlice(string plugin, bool retain)
    {
        if (_plugins.Find(plugin) is null && !_file.State.Plugins.ContainsKey(plugin))
        {
            throw new ArgumentException($"plugin {plugin} has no slice and none in the state file", nameof(plugin));
        }
        var entry = _plugins.GetOrAdd(plugin);
        if (!entry.IsKnown)
        {
            entry.Claims = new(_file.State.Plugins[plugin]);
        }
        // A plugin that only ever observed has nothing in the kernel; rows within its claims are others'.
        retain |= !_file.State.Plugins.ContainsKey(plugin);
        entry.Slice?.Clear(forget: retain);
        entry.Slice = null;
        entry.IsComplete = false;
        entry.IsLeaving = !retain;
        entry.ObserveOnly = false;
        _verifyNext = true;
        if (retain)
        {
            Forget(entry);
        }
    }

    /// <inheritdoc/>
    public void SetObserveOnly(string plugin, bool observeOnly)
    {
        var entry = Open(plugin);
        _verifyNext |= entry.ObserveOnly && !observeOnly;
        entry.ObserveOnly = observeOnly;
    }

    private PluginEntry Open(string plugin) => _plugins.Find(plugin) is { Slice: not null } entry
        ? entry
        : throw new ArgumentException($"plugin {plugin} has no open slice", nameof(plugin));

    private void Record()
    {
        foreach (var entry in _plugins.Known.Where(e =>
            e is { Slice: not null, ObserveOnly: false } && !_file.State.Plugins.ContainsKey(e.Name)))
        {
            _file.State.SetPlugin(entry.Name, entry.Claims.Claims);
        }
        RecordFilesFound();
    }

    /// <summary>A file that already is as wanted becomes the agent's: an agent whose state file was lost left it.</summary>
    private void RecordFilesFound()
    {
        var rows = _tables.Files.Rows;
        for (var slot = 0; slot < rows.End; slot++)
        {
            ref var row = ref rows[slot];
            if (row.Is(SlotStates.Claimed | SlotStates.Present) && rows.Actual(slot).Equals(row.Row) && !_plugins[row.Plugin].ObserveOnly)
            {
                _file.State.SetFile(row.Row.Path, _plugins[row.Plugin].Name);
            }
        }
    }

    private void EndLeaving()
    {
        foreach (var entry in _plugins.Known.Where(e => e.IsLeaving).ToArray())
        {
            if (!_tables.InOrderOfWriting.Any(t => t.HasRowsOf(entry.Id)))
            {
                entry.IsLeaving = false;
                Forget(entry);
            }
        }
    }

    private void EndEarlierClaims()
    {
        foreach (var entry in _plugins.Known.Where(e => e is { Earlier: not null, Slice: not null, IsComplete: true }).ToArray())
        {
            if (!_tables.InOrderOfWriting.Any(t => t.HasUnwanted(entry.Id)))
            {
                entry.Earlier = null;
                _file.State.SetPlugin(entry.Name, entry.Claims.Claims);
                _file.State.ForgetYielded(entry.Name, entry.Claims.OwnsSysctl);
            }
        }
    }

    private void Forget(PluginEntry entry)
    {
        entry.Earlier = null;
        foreach (var table in _tables.InOrderOfWriting)
        {
            table.Forget(entry.Id);
        }
        _file.State.Forget(entry.Name);
    }
}
