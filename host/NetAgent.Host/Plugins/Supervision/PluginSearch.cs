using NetAgent.Host.Configuration;
using NetAgent.Host.Plugins.Calls;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.Plugins.DropIn;

namespace NetAgent.Host.Plugins.Supervision;

/// <summary>
/// Looks for one plugin's files, each time on a thread of its own: checking, copying and hashing takes as long as the disk does, and
/// the loop has others to serve. A folder that nobody touched since the last look is not read again. Used from the sync loop only.
/// </summary>
internal sealed class PluginSearch(string name, SupervisorSettings settings, string stateDirectory)
{
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(30);

    private readonly PluginTurn _turn = new(settings.Time, settings.Wake);
    private string? _stamp;
    private string? _setup;
    private PluginSearchResult? _found;
    private int _generation;

    /// <summary>A look is under way.</summary>
    public bool IsBusy => _turn.IsBusy;

    /// <summary>What it copied has been taken: nothing but what runs is in use.</summary>
    public bool IsIdle => !IsBusy && _found is null;

    /// <summary>The drop-in folder that is ignored because the image has a plugin of that name; null when there is none.</summary>
    public string? Shadowed { get; private set; }

    /// <summary>When the files are looked at again though nothing calls for it.</summary>
    public DateTimeOffset LookAt { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>Look in the next round: files changed.</summary>
    public void LookSoon() => LookAt = DateTimeOffset.MinValue;

    /// <summary>
    /// Begins a look when one is due or the configuration is another; takes what was found when it is there. Null for nothing new.
    /// </summary>
    /// <param name="setup">Says where.</param>
    /// <param name="loaded">What runs; null when nothing does.</param>
    public async Task<PluginSearchResult?> TakeAsync(AgentSetup setup, PluginImage? loaded)
    {
        _turn.TakeFinishedCall();
        if (loaded is { IsDropIn: false } && setup.Agent.DropIn is null)
        {
            // The image does not change under a running agent.
            Shadowed = null;
            LookAt = DateTimeOffset.MaxValue;
            return null;
        }
        var now = settings.Time.GetUtcNow();
        if (!IsBusy && (LookAt <= now || _setup != setup.Digest))
        {
            // For the first time the loop waits a little: what the plugin claims should be known before its siblings claim.
            var softDeadline = settings.SoftDeadline == Timeout.InfiniteTimeSpan || loaded is null ? settings.SoftDeadline : TimeSpan.Zero;
            LookAt = now + Apart;
            _setup = setup.Digest;
            await _turn.TakeAsync(LookAsync(setup.Agent, loaded), softDeadline);
        }
        var found = _found;
        _found = null;
        return found;
    }

    /// <summary>Forgets what it saw: the plugin does not run any more.</summary>
    public void Forget()
    {
        LookSoon();
        _generation++;
        _stamp = null;
        _found = null;
        Shadowed = null;
    }

    private async Task<Action> LookAsync(AgentConfiguration agent, PluginImage? loaded)
    {
        var (known, generation) = (_stamp, _generation);
        using var thread = new PluginThread($"files of {name}");
        var (stamp, found, shadowed) = await thread.Call(() => Look(agent, loaded, known));
        return () =>
        {
            if (generation == _generation)
            {
                (_stamp, _found, Shadowed) = (stamp, found, shadowed);
            }
        };
    }

    // The stamp is taken first: a change during the copying is seen by the next look.
    private (string? Stamp, PluginSearchResult? Found, string? Shadowed) Look(AgentConfiguration agent, PluginImage? loaded, string? known)
    {
        try
        {
            if (loaded is { IsDropIn: false })
            {
                return (null, null, PluginLookup.Shadowed(agent, name));
            }
            if (PluginCatalog.IsThere(agent.PluginDirectory, name) || agent.DropIn is not { } dropIn)
            {
                return (null, PluginLookup.Find(agent, stateDirectory, name), PluginLookup.Shadowed(agent, name));
            }
            var stamp = DropInFolder.Stamp(dropIn, name);
            return (stamp, stamp == known ? null : PluginLookup.Find(agent, stateDirectory, name, loaded?.FolderDigest), null);
        }
        catch (Exception failure)
        {
            // Whatever a folder holds, the loop goes on.
            return (null,
                new(null, new(name, "Unreadable", $"its files cannot be looked at ({failure.GetType().Name}: {failure.Message})",
                "correct them; the agent looks again by itself")), null);
        }
    }
}
