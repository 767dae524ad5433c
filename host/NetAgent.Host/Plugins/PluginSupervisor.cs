using Microsoft.Extensions.Logging;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Isolation;

namespace NetAgent.Host.Plugins;

/// <summary>
/// Runs one plugin: one call at a time, each with a deadline. Whatever the plugin does wrong ends here, in its state; its last good slice
/// stays in the dataplane and its siblings are not concerned. Used from the sync loop only.
/// </summary>
internal sealed class PluginSupervisor : IAsyncDisposable
{
    private readonly SupervisorSettings _settings;
    private readonly PluginThread _thread;
    private readonly PluginCall _call;
    private readonly PluginTurn _turn;
    private readonly PluginCondition _condition = new();
    private readonly PendingChange _pending = new();
    private LoadedPlugin? _loaded;
    private ISlice? _slice;
    private GuardedSlice? _guard;
    private ConfigurationResult? _accepted;

    // One that could not be handed over yet: the plugin is busy, hung, or its process ended.
    private PluginConfiguration? _owed;
    private bool _isStopped;

    // A wedged call has come back: set from another thread, looked at by the loop.
    private volatile bool _hasReturned;
    private DateTimeOffset? _lastCall;

    private PluginSupervisor(PluginImage image, SupervisorSettings settings)
    {
        Image = image;
        _settings = settings;
        _thread = new(image.Name);
        _call = new(_thread, settings.Time, settings.Deadline);
        _turn = new(settings.Time, settings.Wake);
    }

    public PluginImage Image { get; }

    public string Name => Image.Name;

    public PluginCondition Condition => _condition;

    /// <summary>It is still at a call that the loop did not wait for.</summary>
    public bool IsBusy => _turn.IsBusy;

    public IReadOnlyList<ConfigurationProblem> Problems { get; private set; } = [];

    /// <summary>Claims, observations and periods under the configuration in force.</summary>
    public ConfigurationResult Accepted => _accepted ?? new();

    public bool HasSlice => _slice is not null;

    /// <summary>How often its process was started; null when it runs in this one.</summary>
    public int? ProcessStarts => _loaded?.Isolated?.Starts;

    /// <summary>The topic it explains, or null.</summary>
    public string? Topic => (_loaded?.Plugin as IExplainingPlugin)?.Topic is { Length: > 0 } topic ? topic : null;

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

    /// <summary>Loads and configures. Faults end in <see cref="Condition"/>.</summary>
    public static async Task<PluginSupervisor> StartAsync(
        PluginImage image, PluginConfiguration configuration, bool isObserveOnly, PluginIsolation? isolation, SupervisorSettings settings)
    {
        var supervisor = new PluginSupervisor(image, settings) { IsObserveOnly = isObserveOnly };
        if (isolation is not null)
        {
            var isolated = new IsolatedPlugin(settings.Executable, image, isolation);
            supervisor._loaded = new(image, null, isolated);
            supervisor._call.GivenUp = isolated.GiveUp;
        }
        else
        {
            await supervisor._turn.TakeAsync(Turn(
                supervisor._call.LoadAsync(image), loaded => supervisor._loaded = loaded, fault => supervisor.Fail("Load", fault)), settings.StartPatience);
        }
        await supervisor.ConfigureAsync(configuration);
        if (supervisor is { IsBusy: false, WasRefused: true } && settings.LastGood?.Read(image.Name) is { } good)
        {
            // Then the refused one again, for what it has to say; what was good stays in force.
            await supervisor.ConfigureAsync(good);
            await supervisor.ConfigureAsync(configuration);
        }
        return supervisor;
    }

    /// <summary>Hands over a new configuration. Refused: the plugin goes on with the one it had.</summary>
    public async Task ConfigureAsync(PluginConfiguration configuration)
    {
        if (_loaded is null || IsBusy || _condition.State == PluginState.Wedged)
        {
            _owed = configuration;
            return;
        }
        _owed = null;
        await _turn.TakeAsync(Turn(_call.ConfigureAsync(_loaded.Plugin, configuration), result => Accept(configuration, result), fault => FailToConfigure(configuration, fault)),
            _settings.StartPatience);
    }

    // The last configuration handed over is not the one in force.
    private bool WasRefused { get; set; }

    public void Note(ClusterChange change) => _pending.Add(change);

    /// <summary>Takes the outcome of a call that the loop did not wait for. True when there was one.</summary>
    public bool Harvest() => _turn.Harvest();

    /// <summary>Something changed, its period is over or a retry is due.</summary>
    public bool IsDue(DateTimeOffset now) => NextDue(now) is { } due && due <= now;

    /// <summary>When it must be called next if nothing else happens; null for only on change.</summary>
    public DateTimeOffset? NextDue(DateTimeOffset now)
    {
        if (IsBusy || _loaded is null || (_accepted is null && _owed is null) || _condition.State == PluginState.Wedged
            || (_condition is { State: PluginState.Refused, RetryAt: null } && _owed is null))
        {
            return null;
        }
        if (_condition.RetryAt is { } retry)
        {
            return retry;
        }
        var periodic = Accepted.Period is { } period ? (_lastCall ?? now) + period : (DateTimeOffset?)null;
        if (_pending.IsEmpty && _lastCall is not null && _owed is null)
        {
            return periodic;
        }
        return _lastCall is { } last && Accepted.MinimumPeriod > TimeSpan.Zero ? last + Accepted.MinimumPeriod : now;
    }

    /// <summary>Another plugin has the better claim; tried again after a while.</summary>
    public void RefuseClaims(string overlap, string other)
    {
        _lastCall = _settings.Time.GetUtcNow();
        Fail(PluginState.Refused, "ClaimConflict", $"plugin {Name} claims {overlap}, which plugin {other} has claimed; disable one of them or give it other names");
    }

    /// <summary>Calls the plugin and, when it answers soon, takes over what it wants.</summary>
    public async Task ReconcileAsync(ClusterState cluster, NodeFacts facts)
    {
        var now = _settings.Time.GetUtcNow();
        _lastCall = now;
        _condition.Retry();
        if (_owed is { } owed)
        {
            await ConfigureAsync(owed);
            if (IsBusy || _owed is not null || _accepted is null)
            {
                return;
            }
        }
        if (_slice is null)
        {
            _pending.AddEverything();
            if (Accepted.Claims.VirtualServers && !_settings.Dataplane.Capabilities.Ipvs)
            {
                // Addresses and chains without virtual servers would swallow the traffic that they are for.
                Fail(PluginState.BackOff, "IpvsMissing",
                    "this kernel has no IPVS, so nothing of this plugin is programmed and the kernel stays as it is; load it (modprobe ip_vs): the agent looks again by itself");
                return;
            }
        }
        var change = _pending.Take();
        var input = new ReconcileInput(cluster, facts, change, _settings.NodeName, now);
        var staged = change.Everything ? new StagedSlice() : null;
        var guard = _guard = new(staged ?? _slice!);
        // What was staged is nobody else's until it is taken; the slice itself the loop needs back.
        await _turn.TakeAsync(
            Turn(_call.ReconcileAsync(_loaded!.Plugin, input, guard), _ => Commit(staged, guard), fault => Fail("Reconcile", fault)),
            _settings.Patience, staged is null ? guard.Detach : null);
    }

    /// <summary>Calls the plugin as for the first time and throws away what it wants, so that it can explain itself.</summary>
    public Task RehearseAsync(ClusterState cluster, NodeFacts facts) => _call.ReconcileAsync(
        _loaded!.Plugin, new(cluster, facts, ClusterChange.All, _settings.NodeName, _settings.Time.GetUtcNow()), new(new StagedSlice()));

    public async Task<Explanation?> ExplainAsync(string topic, InetAddress from, InetAddress to, ClusterState cluster, NodeFacts facts) =>
        _loaded?.Plugin is IExplainingPlugin explaining && explaining.Topic == topic && _accepted is not null
            ? await _call.ExplainAsync(explaining, from, to, new(cluster, facts, ClusterChange.All, _settings.NodeName, _settings.Time.GetUtcNow()))
            : null;

    /// <summary>Ends the plugin and its slice, and unloads it. The reference tells when its memory is really free.</summary>
    public WeakReference? Stop(bool retain)
    {
        // A call in progress must not write into a slice that is being closed.
        _guard?.Close();
        if (_slice is not null)
        {
            _settings.Dataplane.CloseSlice(Name, retain);
            _slice = null;
        }
        return Release();
    }

    /// <summary>Lets the plugin go and leaves its slice and the kernel as they are. The reference is as for <see cref="Stop"/>.</summary>
    public WeakReference? Release()
    {
        _isStopped = true;
        _guard?.Close();
        _thread.Dispose();
        WeakReference? leak = null;
        _loaded?.Unload(out leak);
        _loaded = null;
        return leak;
    }

    /// <summary>As <see cref="Release"/>.</summary>
    public ValueTask DisposeAsync()
    {
        Release();
        return ValueTask.CompletedTask;
    }

    /// <summary>Called by the loop: a wedged plugin whose call came back is tried again.</summary>
    public void Revive()
    {
        if (_condition.State == PluginState.Wedged && _hasReturned && (_accepted is not null || _owed is not null))
        {
            _hasReturned = false;
            var isolated = _loaded?.Isolated;
            isolated?.Resume();
            Fail(PluginState.BackOff, isolated is null ? "ReturnedLate" : "ProcessEnded",
                $"{_condition.LastError}{(isolated is null ? ", but came back later" : "; its process was ended")}");
        }
    }

    // What the call gave and what went wrong with it are for the loop to see; here nothing is touched.
    private static async Task<Action> Turn<T>(Task<T> call, Action<T> succeed, Action<Exception> fail)
    {
        try
        {
            var result = await call;
            return () => succeed(result);
        }
        catch (Exception fault)
        {
            return () => fail(fault);
        }
    }

    private void FailToConfigure(PluginConfiguration configuration, Exception fault)
    {
        if (fault is PluginWedgedException or PluginProcessException)
        {
            _owed ??= configuration;
        }
        if (fault is PluginWedgedException or PluginProcessException or PluginRefusedException)
        {
            Fail("Configure", fault);
            return;
        }
        Accept(null, Accepted with { Problems = [new(true, Name, "", 0, $"Configure threw {Describe(fault)}")], UsesDefaults = false });
    }

    // Null where there is only a result: the plugin threw.
    private void Accept(PluginConfiguration? configuration, ConfigurationResult result)
    {
        Problems = result.Problems;
        WasRefused = !result.IsAccepted;
        if (result.IsAccepted && configuration is not null && !IsObserveOnly)
        {
            _settings.LastGood?.Keep(Name, configuration);
        }
        if (!result.IsAccepted && !result.UsesDefaults && _accepted is null)
        {
            _condition.Refuse("ConfigurationRejected", string.Join("; ", result.Problems.Where(problem => problem.IsError)));
            return;
        }
        if (result.IsAccepted || _accepted is null)
        {
            _accepted = result;
            _pending.AddEverything();
        }
        if (_condition.State == PluginState.Refused)
        {
            _condition.Restart();
        }
    }

    private void Commit(StagedSlice? staged, GuardedSlice guard)
    {
        if (_isStopped)
        {
            return;
        }
        try
        {
            if (staged is not null)
            {
                var slice = _settings.Dataplane.OpenSlice(Name, Accepted.Claims);
                _slice = slice;
                _settings.Dataplane.SetObserveOnly(Name, IsObserveOnly);
                staged.CommitTo(slice);
                _settings.Dataplane.MarkComplete(Name);
            }
            else if (guard.IsDetached)
            {
                _pending.AddEverything();
            }
            _condition.Succeed(_settings.Time.GetUtcNow());
        }
        catch (Exception fault)
        {
            Fail("Reconcile", fault);
        }
    }

    private void Wedge(PluginWedgedException wedged)
    {
        _condition.Wedge(wedged.Message);
        _settings.Failed(Name);
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

    private static string Describe(Exception fault) => $"{(fault as PluginThrewException)?.Type ?? fault.GetType().Name}: {fault.Message}";

    private void Fail(string what, Exception fault)
    {
        switch (fault)
        {
            case PluginWedgedException wedged:
                Wedge(wedged);
                break;
            case PluginRefusedException { Refusal: var refusal }:
                _condition.Refuse(refusal.Reason, $"{refusal.Message}; {refusal.Fix}");
                break;
            case PluginProcessException:
                Fail(PluginState.BackOff, "ProcessEnded", $"{what}: {fault.Message}");
                break;
            case ClaimConflictException:
                Fail(PluginState.Refused, "ClaimConflict", fault.Message);
                break;
            default:
                Fail(PluginState.BackOff, fault is ClaimViolationException ? "ClaimViolation" : "ReconcileFailed", $"{what} threw {Describe(fault)}");
                _settings.Log.LogDebug(fault, "plugin {Plugin} threw", Name);
                break;
        }
    }

    private void Fail(PluginState state, string reason, string message)
    {
        _condition.Fail(state, reason, message, _settings.Time.GetUtcNow());
        _settings.Failed(Name);
        _pending.AddEverything();
    }
}
