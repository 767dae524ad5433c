using Microsoft.Extensions.Logging;
using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;
using NetAgent.Host.Configuration;
using NetAgent.Host.Gates;

namespace NetAgent.Host.Plugins;

/// <summary>
/// Keeps the running plugins as the configuration and the Node's labels want them. Each entry is its own affair: starting, stopping or
/// reconfiguring one touches no other. Used from the sync loop only.
/// </summary>
internal sealed class PluginSet(SupervisorSettings surroundings, string stateDirectory) : IAsyncDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);
    private readonly SupervisorSettings _settings = surroundings with { LastGood = new(stateDirectory) };
    private readonly Dictionary<string, PluginSlot> _slots = new(StringComparer.Ordinal);
    private readonly PluginLedger _ledger = new(stateDirectory);
    private readonly HashSet<string> _leaving = new(StringComparer.Ordinal);
    private readonly List<(string Plugin, WeakReference Context)> _unloaded = [];

    public IEnumerable<PluginSupervisor> Running => _slots.Values.Select(slot => slot.Supervisor).OfType<PluginSupervisor>();

    public IReadOnlyList<PluginStatus> Statuses => [.. _slots.Values.Select(slot => slot.ToStatus()).OrderBy(status => status.Name, StringComparer.Ordinal)];

    /// <summary>Gate labels that mean nothing.</summary>
    public IEnumerable<(string Plugin, string Problem)> GateProblems =>
        _slots.Values.Where(slot => slot.Gate.Problem is not null).Select(slot => (slot.Entry.Name, slot.Gate.Problem!));

    /// <summary>Plugins whose memory an unload has not freed yet.</summary>
    public IReadOnlyList<string> Leaks
    {
        get
        {
            _unloaded.RemoveAll(unloaded => !unloaded.Context.IsAlive);
            return [.. _unloaded.Select(unloaded => unloaded.Plugin)];
        }
    }

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
                _slots.Add(entry.Name, slot = new(entry));
            }
            slot.Entry = entry;
            changed |= await ApplyAsync(slot, setup, node);
        }
        return changed | CloseOrphans();
    }

    /// <summary>Why the record of plugins on disk is not up to date; null when it is.</summary>
    public string? RecordProblem => _ledger.Problem ?? _settings.LastGood!.Problem;

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
        slot.Gate = PluginGate.Decide(slot.Entry, setup.Agent.Rollout, node);
        slot.Pending = null;
        if (slot.Gate.Mode == GateMode.Off)
        {
            return Stop(slot);
        }
        var plugin = setup.Plugins[slot.Entry.Name];
        slot.Pending = plugin.Pending;
        if (slot.Supervisor is { } elsewhere && slot.Isolation != slot.Entry.Isolation)
        {
            Released(slot.Entry.Name, elsewhere.Release());
            slot.Supervisor = null;
        }
        if (slot.Supervisor is null)
        {
            // To a plugin a file that is not there can mean defaults, so none is started on a guess.
            if (slot.Pending is not null)
            {
                slot.Refusal = null;
                return false;
            }
            // A refused folder is looked at again when the configuration changes, and now and then.
            if (slot.Refusal is not null && slot.ConfigurationDigest == setup.Digest && _settings.Time.GetUtcNow() < slot.LookAgainAt)
            {
                return false;
            }
            return await StartAsync(slot, setup, plugin);
        }
        var harvested = slot.Supervisor.Harvest();
        slot.Supervisor.Revive();
        if (slot.ConfigurationDigest != plugin.Digest && slot.Pending is null)
        {
            slot.ConfigurationDigest = plugin.Digest;
            await slot.Supervisor.ConfigureAsync(plugin.Configuration);
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

    private async Task<bool> StartAsync(PluginSlot slot, AgentSetup setup, PluginSetup plugin)
    {
        var found = PluginCatalog.Find(setup.Agent, setup.Agent.StateDirectory, slot.Entry.Name);
        slot.Refusal = found.Refusal;
        if (found.Image is null)
        {
            slot.ConfigurationDigest = setup.Digest;
            slot.LookAgainAt = _settings.Time.GetUtcNow() + LookAgain;
            return false;
        }
        slot.ConfigurationDigest = plugin.Digest;
        slot.Isolation = slot.Entry.Isolation;
        slot.Supervisor = await PluginSupervisor.StartAsync(
            found.Image, plugin.Configuration, slot.Gate.Mode == GateMode.Observe, slot.Isolation, _settings);
        _settings.Log.LogInformation("plugin {Plugin} {Version} loaded, SHA-256 {Digest}, {Gate}",
            found.Image.Name, found.Image.Version, found.Image.Digest, slot.Gate);
        Remember(slot);
        return true;
    }

    private bool Stop(PluginSlot slot)
    {
        slot.Refusal = null;
        slot.ConfigurationDigest = null;
        if (slot.Supervisor is not { } running)
        {
            return false;
        }
        var retain = slot.Entry.OnDisable == OnDisable.Retain;
        // Without a slice of its own the state of an earlier run goes through the ledger.
        var leavesLedger = running.HasSlice || retain;
        Released(slot.Entry.Name, running.Stop(retain));
        slot.Supervisor = null;
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
            _unloaded.Add((plugin, context));
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
            .Where(known => !_leaving.Contains(known.Key) && (!_slots.TryGetValue(known.Key, out var slot) || slot.Gate.Mode == GateMode.Off))
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
