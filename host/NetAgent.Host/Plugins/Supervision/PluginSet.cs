using Microsoft.Extensions.Logging;
using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;
using NetAgent.Host.Configuration;
using NetAgent.Host.Gates;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.Plugins.DropIn;
using NetAgent.Host.State;
using NetAgent.Host.Status;

namespace NetAgent.Host.Plugins.Supervision;

/// <summary>
/// Keeps the running plugins as the configuration and the Node's labels want them. Each entry is its own affair: starting, stopping or
/// reconfiguring one touches no other. Used from the sync loop only.
/// </summary>
internal sealed class PluginSet(SupervisorSettings surroundings, string stateDirectory) : IAsyncDisposable
{
    private readonly SupervisorSettings _settings = surroundings with { LastGood = new(stateDirectory) };
    private readonly Dictionary<string, PluginSlot> _slots = new(StringComparer.Ordinal);
    private readonly PluginLedger _ledger = new(stateDirectory);
    private readonly HashSet<string> _leaving = new(StringComparer.Ordinal);
    private readonly UnloadWatch _unloaded = new(surroundings.Time, surroundings.Wake);
    private readonly StageFolders _stage = new(stateDirectory);
    private volatile bool _haveFilesChanged;
    private bool _isStageSwept;

    public IEnumerable<PluginSupervisor> Running => _slots.Values.Select(slot => slot.Supervisor).OfType<PluginSupervisor>();

    public IReadOnlyList<PluginStatus> Statuses =>
        [.. _slots.Values.Select(slot => slot.ToStatus()).OrderBy(status => status.Name, StringComparer.Ordinal)];

    /// <summary>Gate labels that mean nothing.</summary>
    public IEnumerable<(string Plugin, string Problem)> GateProblems =>
        _slots.Values.Where(slot => slot.Gate.Problem is not null).Select(slot => (slot.Entry.Name, slot.Gate.Problem!));

    /// <summary>Plugins whose memory an unload did not free.</summary>
    public IReadOnlyList<string> Leaks => _unloaded.Leaks;

    /// <summary>When the set must be applied again though nothing changed; null for never.</summary>
    public DateTimeOffset? NextDue => _slots.Values
        .Where(slot => slot is { Gate.Mode: not GateMode.Off, Pending: null, Search.IsBusy: false })
            .Select(slot => (DateTimeOffset?)slot.Search.LookAt)
        .Append(_unloaded.NextDue).Min();

    /// <summary>Files of plugins changed: the next round looks at them. From any thread.</summary>
    public void LookAtFiles() => _haveFilesChanged = true;

    /// <summary>
    /// Refuses a plugin that claims what one listed before it, still on its way to its first slice, claims too: the order of the list
    /// decides, not which is faster. True when it was refused.
    /// </summary>
    public bool RefuseClaims(PluginSupervisor plugin, IEnumerable<PluginEntry> order)
    {
        if (plugin.HasSlice)
        {
            return false;
        }
        foreach (var entry in order.TakeWhile(entry => entry.Name != plugin.Name))
        {
            if (_slots.GetValueOrDefault(entry.Name)?.Supervisor is { HasSlice: false, Condition.State: PluginState.Starting } before
                && ClaimOverlap.Find(plugin.Accepted.Claims, before.Accepted.Claims) is { } overlap)
            {
                plugin.RefuseClaims(overlap, before.Name);
                return true;
            }
        }
        return false;
    }

    /// <summary>Starts, stops and reconfigures until the set is as wanted. True when a slice was opened to or closed for writing.</summary>
    public async Task<bool> ApplyAsync(AgentSetup setup, Node node)
    {
        var changed = false;
        _unloaded.Look();
        if (_haveFilesChanged)
        {
            _haveFilesChanged = false;
            foreach (var slot in _slots.Values)
            {
                slot.Search.LookSoon();
            }
        }
        var entries = setup.Agent.Plugins.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        foreach (var name in _slots.Keys.Where(name => !entries.ContainsKey(name)).ToArray())
        {
            changed |= Stop(_slots[name]);
            _slots.Remove(name);
        }
        foreach (var entry in setup.Agent.Plugins)
        {
            if (!_slots.TryGetValue(entry.Name, out var slot))
            {
                _slots.Add(entry.Name, slot = new(entry, new(entry.Name, _settings, stateDirectory)));
            }
            slot.Entry = entry;
            changed |= await ApplyAsync(slot, setup, node);
        }
        SweepStage();
        return changed | CloseOrphans();
    }

    /// <summary>Why the record of plugins on disk is not up to date; null when it is.</summary>
    public string? RecordProblem => _ledger.Problem ?? _settings.LastGood!.Problem ?? _stage.Problem;

    /// <summary>The kernel is as wanted: what plugins that left had there is gone and need not be remembered.</summary>
    public void Settled()
    {
        foreach (var name in _leaving)
        {
            _ledger.Remove(name);
            _settings.LastGood!.Forget(name);
        }
        _leaving.Clear();
    }

    /// <summary>Leaves the kernel as it is.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var running in Running)
        {
            await running.DisposeAsync();
        }
    }

    private async Task<bool> ApplyAsync(PluginSlot slot, AgentSetup setup, Node node)
    {
        var before = slot.Gate.Mode;
        slot.Decide(setup.Agent.Rollout, node);
        slot.Pending = null;
        if (slot.Gate.Mode == GateMode.Off)
        {
            return Stop(slot);
        }
        var plugin = setup.Plugins[slot.Entry.Name];
        slot.Pending = plugin.Pending;
        // To a plugin a file that is not there can mean defaults, so none is started on a guess.
        if (slot is { Pending: not null, Supervisor: null })
        {
            slot.Refusal = null;
            slot.Search.Forget();
            return false;
        }
        if (slot is { Pending: null, Supervisor: { } elsewhere } && slot.Isolation != slot.Entry.Isolation)
        {
            Released(slot.Entry.Name, elsewhere.Release());
            Took(slot, plugin, await LoadAsync(slot, plugin, elsewhere.Image));
            return true;
        }
        var found = slot.Pending is null ? await slot.Search.TakeAsync(setup, slot.Supervisor?.Image) : null;
        if (slot.Supervisor is null)
        {
            return found is not null && await StartAsync(slot, plugin, found);
        }
        if (found is not null && await UpgradeAsync(slot, plugin, found))
        {
            return true;
        }
        var harvested = slot.Supervisor.TakeFinishedCall();
        slot.Supervisor.Revive();
        if (slot.ConfigurationDigest != plugin.Digest && slot.Pending is null)
        {
            slot.ConfigurationDigest = plugin.Digest;
            await slot.Supervisor.ReconfigureAsync(plugin.Configuration);
            _settings.Log.LogInformation("plugin {Plugin}: new configuration {Digest}", slot.Entry.Name, plugin.Digest);
        }
        if (before != slot.Gate.Mode)
        {
            slot.Supervisor.IsObserveOnly = slot.Gate.Mode == GateMode.Observe;
            _settings.Log.LogInformation("plugin {Plugin}: {Gate}", slot.Entry.Name, slot.Gate);
        }
        Remember(slot);
        return harvested || before != slot.Gate.Mode;
    }

    private async Task<bool> StartAsync(PluginSlot slot, PluginSetup plugin, PluginSearchResult found)
    {
        slot.Refusal = found.Refusal;
        if (found.Image is null)
        {
            return false;
        }
        Took(slot, plugin, await LoadAsync(slot, plugin, found.Image));
        return true;
    }

    // The version that runs is not let go before the other is there; its rows stay until the other says what it wants.
    private async Task<bool> UpgradeAsync(PluginSlot slot, PluginSetup plugin, PluginSearchResult found)
    {
        var old = slot.Supervisor!;
        if (found.Image is not { } image)
        {
            slot.UpgradeProblem = $"its folder has changed and is not taken: {found.Refusal!.Message}; {found.Refusal.Fix}";
            return false;
        }
        slot.UpgradeProblem = null;
        if ((image.IsDropIn, image.FolderDigest) == (old.Image.IsDropIn, old.Image.FolderDigest))
        {
            return false;
        }
        var next = await LoadAsync(slot, plugin, image);
        if (next is { IsBusy: false, Condition.State: PluginState.Refused or PluginState.Wedged })
        {
            slot.UpgradeProblem =
                $"version {image.Version}, SHA-256 {image.Digest}, lies in its folder and is not taken: {next.Condition.LastError}";
            Released(slot.Entry.Name, next.Release());
            return false;
        }
        _settings.Log.LogInformation("plugin {Plugin}: {Version}, SHA-256 {Digest}, takes the place of {OldVersion}, SHA-256 {OldDigest}",
            image.Name, image.Version, image.Digest, old.Image.Version, old.Image.Digest);
        Released(slot.Entry.Name, old.Release());
        Took(slot, plugin, next);
        return true;
    }

    private Task<PluginSupervisor> LoadAsync(PluginSlot slot, PluginSetup plugin, PluginImage image) => PluginSupervisor.StartAsync(
        image, plugin.Configuration, slot.Gate.Mode == GateMode.Observe, slot.Entry.Isolation, _settings);

    private void Took(PluginSlot slot, PluginSetup plugin, PluginSupervisor supervisor)
    {
        slot.ConfigurationDigest = plugin.Digest;
        slot.Isolation = slot.Entry.Isolation;
        slot.Supervisor = supervisor;
        _isStageSwept = false;
        _settings.Log.LogInformation("plugin {Plugin} {Version} loaded, SHA-256 {Digest}, {Gate}",
            supervisor.Image.Name, supervisor.Image.Version, supervisor.Image.Digest, slot.Gate);
        Remember(slot);
    }

    // Copies of plugins that left, of versions before, and of earlier runs.
    private void SweepStage()
    {
        if (!_isStageSwept && _slots.Values.All(slot => slot.Search.IsIdle))
        {
            _isStageSwept = true;
            _stage.Keep(Running.Select(plugin => plugin.Image));
        }
    }

    private bool Stop(PluginSlot slot)
    {
        slot.Refusal = null;
        slot.UpgradeProblem = null;
        slot.ConfigurationDigest = null;
        slot.Search.Forget();
        if (slot.Supervisor is not { } running)
        {
            return false;
        }
        var retain = slot.Entry.OnDisable == OnDisable.Retain;
        // Without a slice of its own the state of an earlier run goes through the ledger.
        var leavesLedger = running.HasSlice || retain;
        Released(slot.Entry.Name, running.Stop(retain));
        slot.Supervisor = null;
        _isStageSwept = false;
        if (leavesLedger)
        {
            _leaving.Add(slot.Entry.Name);
        }
        _settings.Log.LogInformation("plugin {Plugin} stopped, its kernel state {Fate}", slot.Entry.Name, Fate(slot.Entry.OnDisable));
        return true;
    }

    private void Released(string plugin, WeakReference? context)
    {
        if (context is not null)
        {
            _unloaded.Add(plugin, context);
        }
    }

    private void Remember(PluginSlot slot)
    {
        if (slot.Gate.Mode == GateMode.Enforce)
        {
            _leaving.Remove(slot.Entry.Name);
            _ledger.Add(slot.Entry.Name, slot.Entry.OnDisable);
        }
    }

    // What an earlier run of the agent left for a plugin that does not run any more.
    private bool CloseOrphans()
    {
        var orphans = _ledger.Active
            .Where(known =>
                !_leaving.Contains(known.Key) && (!_slots.TryGetValue(known.Key, out var slot) || slot.Gate.Mode == GateMode.Off))
            .ToArray();
        foreach (var (name, onDisable) in orphans)
        {
            _leaving.Add(name);
            try
            {
                _settings.Dataplane.CloseSlice(name, onDisable == OnDisable.Retain);
                _settings.Log.LogInformation("plugin {Plugin} is not wanted here any more, its kernel state {Fate}", name, Fate(onDisable));
            }
            catch (ArgumentException)
            {
                // The dataplane knows nothing of it: it never got as far as the kernel.
            }
        }
        return orphans.Length > 0;
    }

    private static string Fate(OnDisable onDisable) => onDisable == OnDisable.Retain ? "stays" : "is removed";
}
