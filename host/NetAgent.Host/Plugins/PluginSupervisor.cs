using Microsoft.Extensions.Logging;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Isolation;

namespace NetAgent.Host.Plugins;

/// <summary>What a supervisor needs of its surroundings.</summary>
internal sealed record SupervisorSettings(IDataplane Dataplane, TimeProvider Time, TimeSpan Deadline, string NodeName, ILogger Log, Action Wake)
{
    /// <summary>Runs <c>plugin-host</c>: this program.</summary>
    public string Executable { get; init; } = Path.Combine(AppContext.BaseDirectory, "netagent");
}

/// <summary>
/// Runs one plugin: one call at a time, each with a deadline. Whatever the plugin does wrong ends here, in its state; its last good slice
/// stays in the dataplane and its siblings are not concerned. Used from the sync loop only.
/// </summary>
internal sealed class PluginSupervisor : IAsyncDisposable
{
    private readonly SupervisorSettings _settings;
    private readonly PluginThread _thread;
    private readonly PluginCall _call;
    private readonly PendingChange _pending = new();
    private LoadedPlugin? _loaded;
    private ISlice? _slice;
    private ConfigurationResult? _accepted;

    // One that could not be handed over yet: the plugin hung or its process ended.
    private PluginConfiguration? _owed;
    private int _failures;

    // A wedged call has come back: set from another thread, looked at by the loop.
    private volatile bool _hasReturned;
    private DateTimeOffset? _lastCall;

    private PluginSupervisor(PluginImage image, SupervisorSettings settings)
    {
        Image = image;
        _settings = settings;
        _thread = new(image.Name);
        _call = new(_thread, settings.Time, settings.Deadline);
    }

    public PluginImage Image { get; }

    public string Name => Image.Name;

    public PluginState State { get; private set; }

    public string? Reason { get; private set; }

    public string? LastError { get; private set; }

    public DateTimeOffset? LastSuccess { get; private set; }

    public DateTimeOffset? RetryAt { get; private set; }

    public IReadOnlyList<ConfigurationProblem> Problems { get; private set; } = [];

    /// <summary>Claims, observations and periods under the configuration in force.</summary>
    public ConfigurationResult Accepted => _accepted ?? new();

    public bool HasSlice => _slice is not null;

    /// <summary>How often its process was started; null when it runs in this one.</summary>
    public int? ProcessStarts => _loaded?.Isolated?.Starts;

    /// <summary>Its rows are planned and reported, not written.</summary>
    public bool IsObserveOnly
    {
        get;
        set
        {
            field = value;
            if (_slice is not null)
            {
                _settings.Dataplane.SetObserveOnly(Name, value);
            }
        }
    }

    /// <summary>Loads and configures. Faults end in <see cref="State"/>.</summary>
    public static async Task<PluginSupervisor> StartAsync(
        PluginImage image, PluginConfiguration configuration, bool isObserveOnly, PluginIsolation? isolation, SupervisorSettings settings)
    {
        var supervisor = new PluginSupervisor(image, settings) { IsObserveOnly = isObserveOnly };
        if (isolation is not null)
        {
            var isolated = new IsolatedPlugin(settings.Executable, image, isolation);
            supervisor._loaded = new(image, null, isolated);
            supervisor._call.GivenUp = isolated.GiveUp;
            await supervisor.ConfigureAsync(configuration);
            return supervisor;
        }
        try
        {
            supervisor._loaded = await supervisor._call.LoadAsync(image);
        }
        catch (PluginRefusedException refused)
        {
            supervisor.Refuse(refused.Refusal.Reason, $"{refused.Refusal.Message}; {refused.Refusal.Fix}");
            return supervisor;
        }
        catch (PluginWedgedException wedged)
        {
            supervisor.Wedge(wedged);
            return supervisor;
        }
        await supervisor.ConfigureAsync(configuration);
        return supervisor;
    }

    /// <summary>Hands over a new configuration. Refused: the plugin goes on with the one it had.</summary>
    public async Task ConfigureAsync(PluginConfiguration configuration)
    {
        _owed = null;
        if (_loaded is null || State == PluginState.Wedged)
        {
            _owed = configuration;
            return;
        }
        ConfigurationResult result;
        try
        {
            result = await _call.ConfigureAsync(_loaded.Plugin, configuration);
        }
        catch (PluginWedgedException wedged)
        {
            _owed = configuration;
            Wedge(wedged);
            return;
        }
        catch (PluginProcessException ended)
        {
            _owed = configuration;
            Fail(PluginState.BackOff, "ProcessEnded", $"Configure: {ended.Message}", _settings.Time.GetUtcNow());
            return;
        }
        catch (PluginRefusedException refused)
        {
            Refuse(refused.Refusal.Reason, $"{refused.Refusal.Message}; {refused.Refusal.Fix}");
            return;
        }
        catch (Exception fault)
        {
            result = new()
            {
                Problems = [new(true, Name, "", 0, $"Configure threw {Describe(fault)}")],
                Claims = Accepted.Claims,
                Observations = Accepted.Observations,
                Period = Accepted.Period,
                VerifyPeriod = Accepted.VerifyPeriod,
                MinimumPeriod = Accepted.MinimumPeriod,
            };
        }
        Problems = result.Problems;
        if (!result.IsAccepted && !result.UsesDefaults && _accepted is null)
        {
            Refuse("ConfigurationRejected", string.Join("; ", result.Problems.Where(problem => problem.IsError)));
            return;
        }
        if (result.IsAccepted || _accepted is null)
        {
            _accepted = result;
            _pending.AddEverything();
        }
        if (State == PluginState.Refused)
        {
            State = PluginState.Starting;
            Reason = LastError = null;
        }
    }

    public void Note(ClusterChange change) => _pending.Add(change);

    /// <summary>Something changed, its period is over or a retry is due.</summary>
    public bool IsDue(DateTimeOffset now) => NextDue(now) is { } due && due <= now;

    /// <summary>When it must be called next if nothing else happens; null for only on change.</summary>
    public DateTimeOffset? NextDue(DateTimeOffset now)
    {
        if ((_accepted is null && _owed is null) || State is PluginState.Wedged or PluginState.Refused && RetryAt is null)
        {
            return null;
        }
        if (RetryAt is { } retry)
        {
            return retry;
        }
        var periodic = Accepted.Period is { } period ? (_lastCall ?? now) + period : (DateTimeOffset?)null;
        if (_pending.IsEmpty && _lastCall is not null)
        {
            return periodic;
        }
        return _lastCall is { } last && Accepted.MinimumPeriod > TimeSpan.Zero ? last + Accepted.MinimumPeriod : now;
    }

    /// <summary>Calls the plugin and takes over what it wants. True when it succeeded.</summary>
    public async Task<bool> ReconcileAsync(ClusterState cluster, NodeFacts facts)
    {
        var now = _settings.Time.GetUtcNow();
        _lastCall = now;
        RetryAt = null;
        if (_owed is { } owed)
        {
            await ConfigureAsync(owed);
            if (_owed is not null || _accepted is null)
            {
                return false;
            }
        }
        if (_slice is null)
        {
            _pending.AddEverything();
            if (Accepted.Claims.VirtualServers && !_settings.Dataplane.Capabilities.Ipvs)
            {
                // Addresses and chains without virtual servers would swallow the traffic that they are for.
                Fail(PluginState.BackOff, "IpvsMissing",
                    "this kernel has no IPVS, so nothing of this plugin is programmed and the kernel stays as it is; load it (modprobe ip_vs): the agent looks again by itself", now);
                return false;
            }
        }
        var input = new ReconcileInput(cluster, facts, _pending.ToChange(), _settings.NodeName, now);
        try
        {
            if (_pending.IsEverything)
            {
                var staged = new StagedSlice();
                await _call.ReconcileAsync(_loaded!.Plugin, input, staged);
                Commit(staged);
            }
            else
            {
                await _call.ReconcileAsync(_loaded!.Plugin, input, _slice!);
            }
        }
        catch (PluginWedgedException wedged)
        {
            Wedge(wedged);
            return false;
        }
        catch (ClaimConflictException conflict)
        {
            Fail(PluginState.Refused, "ClaimConflict", conflict.Message, now);
            return false;
        }
        catch (PluginProcessException ended)
        {
            Fail(PluginState.BackOff, "ProcessEnded", $"Reconcile: {ended.Message}", now);
            return false;
        }
        catch (Exception fault)
        {
            Fail(PluginState.BackOff, fault is ClaimViolationException ? "ClaimViolation" : "ReconcileFailed",
                $"Reconcile threw {Describe(fault)}", now);
            _settings.Log.LogDebug(fault, "plugin {Plugin} threw", Name);
            return false;
        }
        _pending.Clear();
        _failures = 0;
        State = PluginState.Running;
        Reason = LastError = null;
        LastSuccess = now;
        return true;
    }

    /// <summary>Calls the plugin as for the first time and throws away what it wants, so that it can explain itself.</summary>
    public Task RehearseAsync(ClusterState cluster, NodeFacts facts) => _call.ReconcileAsync(
        _loaded!.Plugin, new(cluster, facts, ClusterChange.All, _settings.NodeName, _settings.Time.GetUtcNow()), new StagedSlice());

    public async Task<Explanation?> ExplainAsync(string topic, InetAddress from, InetAddress to, ClusterState cluster, NodeFacts facts) =>
        _loaded?.Plugin is IExplainingPlugin explaining && explaining.Topic == topic && _accepted is not null
            ? await _call.ExplainAsync(explaining, from, to, new(cluster, facts, ClusterChange.All, _settings.NodeName, _settings.Time.GetUtcNow()))
            : null;

    /// <summary>The topic it explains, or null.</summary>
    public string? Topic => (_loaded?.Plugin as IExplainingPlugin)?.Topic is { Length: > 0 } topic ? topic : null;

    /// <summary>Ends the plugin and its slice, and unloads it. The reference tells when its memory is really free.</summary>
    public WeakReference? Stop(bool retain)
    {
        if (_slice is not null)
        {
            _settings.Dataplane.CloseSlice(Name, retain);
            _slice = null;
        }
        return Unload();
    }

    /// <summary>Lets the plugin go and leaves its slice and the kernel as they are. The reference is as for <see cref="Stop"/>.</summary>
    public WeakReference? Release() => Unload();

    /// <summary>As <see cref="Release"/>.</summary>
    public ValueTask DisposeAsync()
    {
        Unload();
        return ValueTask.CompletedTask;
    }

    private WeakReference? Unload()
    {
        _thread.Dispose();
        WeakReference? leak = null;
        _loaded?.Unload(out leak);
        _loaded = null;
        return leak;
    }

    private void Commit(StagedSlice staged)
    {
        var slice = _settings.Dataplane.OpenSlice(Name, Accepted.Claims);
        _slice = slice;
        _settings.Dataplane.SetObserveOnly(Name, IsObserveOnly);
        staged.CommitTo(slice);
        _settings.Dataplane.MarkComplete(Name);
    }

    private void Wedge(PluginWedgedException wedged)
    {
        State = PluginState.Wedged;
        Reason = "Wedged";
        LastError = wedged.Message;
        _pending.AddEverything();
        _ = RecoverAsync(wedged.Late);
    }

    // A node that was starved for a while must not keep a plugin down for good: a call that returns late is a failure like any other.
    private async Task RecoverAsync(Task late)
    {
        await late.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _hasReturned = true;
        _settings.Wake();
    }

    /// <summary>Called by the loop: a wedged plugin whose call came back is tried again.</summary>
    public void Revive()
    {
        if (State == PluginState.Wedged && _hasReturned && (_accepted is not null || _owed is not null))
        {
            _hasReturned = false;
            var isolated = _loaded?.Isolated;
            isolated?.Resume();
            Fail(PluginState.BackOff, isolated is null ? "ReturnedLate" : "ProcessEnded",
                $"{LastError}{(isolated is null ? ", but came back later" : "; its process was ended")}", _settings.Time.GetUtcNow());
        }
    }

    private static string Describe(Exception fault) => $"{(fault as PluginThrewException)?.Type ?? fault.GetType().Name}: {fault.Message}";

    private void Refuse(string reason, string message)
    {
        State = PluginState.Refused;
        Reason = reason;
        LastError = message;
    }

    private void Fail(PluginState state, string reason, string message, DateTimeOffset now)
    {
        _failures++;
        State = state;
        Reason = reason;
        LastError = message;
        RetryAt = now + BackOff.After(_failures);
        _pending.AddEverything();
    }
}
