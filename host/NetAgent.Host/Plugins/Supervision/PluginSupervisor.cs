using Microsoft.Extensions.Logging;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Configuration;
using NetAgent.Host.Isolation;
using NetAgent.Host.Plugins.Calls;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.Plugins.Loading;
using NetAgent.Host.Status;

namespace NetAgent.Host.Plugins.Supervision;

/// <summary>
/// Runs one plugin: one call at a time, each with a deadline. Whatever the plugin does wrong ends here, in its state; its last good slice
/// stays in the dataplane and its siblings are not concerned. Used from the sync loop only.
/// </summary>
internal sealed class PluginSupervisor : IAsyncDisposable
{
    private static readonly TimeSpan LookForModule = TimeSpan.FromSeconds(5);

    private readonly SupervisorSettings _settings;
    private readonly PluginThread _thread;
    private readonly PluginCall _call;
    private readonly PluginTurn _turn;
    private readonly PluginCondition _condition = new();
    private readonly PendingChange _pending = new();
    private readonly PluginOutput _output;
    private readonly ConfigurationInForce _configuration = new();
    private readonly PluginTimetable _timetable;
    private readonly OverdueCall _late;
    private LoadedPlugin? _loaded;
    private bool _isStopped;

    private PluginSupervisor(PluginImage image, SupervisorSettings settings)
    {
        Image = image;
        _settings = settings;
        _thread = new(image.Name);
        _call = new(_thread, settings.Time, settings.Deadline);
        _turn = new(settings.Time, settings.Wake);
        _output = new(image.Name, settings.Dataplane);
        _timetable = new(_condition, _configuration, _pending);
        _late = new(settings.Wake);
    }

    public PluginImage Image { get; }

    public string Name => Image.Name;

    public PluginCondition Condition => _condition;

    /// <summary>It is still at a call that the loop did not wait for.</summary>
    public bool IsBusy => _turn.IsBusy;

    public IReadOnlyList<ConfigurationProblem> Problems => _configuration.Problems;

    /// <summary>Claims, observations and periods under the configuration in force.</summary>
    public ConfigurationResult Accepted => _configuration.Result;

    public bool HasSlice => _output.HasSlice;

    private IsolatedPlugin? Isolated => _loaded?.Plugin as IsolatedPlugin;

    /// <summary>How often its process was started; null when it runs in this one.</summary>
    public int? ProcessStarts => Isolated?.Starts;

    /// <summary>The topic it explains, or null.</summary>
    public string? Topic => (_loaded?.Plugin as IExplainingPlugin)?.Topic is { Length: > 0 } topic ? topic : null;

    /// <summary>Its rows are planned and reported, not written.</summary>
    public bool IsObserveOnly
    {
        get => _output.IsObserveOnly;
        set => _output.IsObserveOnly = value;
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
            await supervisor._turn.TakeAsync(PluginTurn.Of(
                supervisor._call.LoadAsync(image), loaded => supervisor._loaded = loaded, fault => supervisor.Fail("Load", fault)),
                settings.StartSoftDeadline);
        }
        await supervisor.ConfigureAsync(configuration);
        if (!supervisor.IsBusy && supervisor.Remembered(configuration) is { } good)
        {
            // Then the present one again, for what it has to say; what was good stays in force.
            await supervisor.ConfigureAsync(good);
            await supervisor.ConfigureAsync(configuration);
        }
        return supervisor;
    }

    /// <summary>What was good before the agent's restart and is not now, or null.</summary>
    private PluginConfiguration? Remembered(PluginConfiguration configuration) => _settings.LastGood switch
    {
        null => null,
        var kept when _configuration.WasRefused => kept.Read(Name),
        var kept when !Accepted.BadFiles.IsEmpty => GoodFiles.Of(configuration, Accepted.BadFiles, kept.Read(Name)),
        _ => null,
    };

    /// <summary>
    /// Hands over another configuration. Refused: the plugin goes on with the one it had. That it failed before is no reason to wait.
    /// </summary>
    public async Task ReconfigureAsync(PluginConfiguration configuration)
    {
        _condition.Forgive();
        await ConfigureAsync(configuration);
        // Not handed over yet: at the first moment that the plugin takes calls.
        _configuration.IsOwedAnother = _configuration.Owed is not null && (IsBusy || _condition.State == PluginState.Wedged);
    }

    private async Task ConfigureAsync(PluginConfiguration configuration)
    {
        if (_loaded is null || IsBusy || _condition.State == PluginState.Wedged)
        {
            _configuration.Owed = configuration;
            return;
        }
        _configuration.Owed = null;
        await _turn.TakeAsync(PluginTurn.Of(_call.ConfigureAsync(_loaded.Plugin, configuration), result => Accept(configuration, result),
            fault => FailToConfigure(configuration, fault)),
            _settings.StartSoftDeadline);
    }

    public void Note(ClusterChange change) => _pending.Add(change);

    /// <summary>Takes the outcome of a call that the loop did not wait for. True when there was one.</summary>
    public bool TakeFinishedCall() => _turn.TakeFinishedCall();

    /// <summary>Something changed, its period is over or a retry is due.</summary>
    public bool IsDue(DateTimeOffset now) => NextDue(now) is { } due && due <= now;

    /// <summary>When it must be called next if nothing else happens; null for only on change.</summary>
    public DateTimeOffset? NextDue(DateTimeOffset now) => IsBusy || _loaded is null ? null : _timetable.NextDue(now);

    /// <summary>Another plugin has the better claim; tried again after a while.</summary>
    public void RefuseClaims(string overlap, string other)
    {
        _timetable.LastCall = _settings.Time.GetUtcNow();
        Fail(PluginState.Refused, "ClaimConflict",
            $"plugin {Name} claims {overlap}, which plugin {other} has claimed; disable one of them or give it other names");
    }

    /// <summary>Calls the plugin and, when it answers soon, takes over what it wants.</summary>
    public async Task ReconcileAsync(ClusterState cluster, NodeFacts facts)
    {
        var now = _settings.Time.GetUtcNow();
        _timetable.LastCall = now;
        _condition.Retry();
        if (_configuration.Owed is { } owed)
        {
            _configuration.IsOwedAnother = false;
            await ConfigureAsync(owed);
            if (IsBusy || _configuration.Owed is not null || !_configuration.Exists)
            {
                return;
            }
        }
        if (!HasSlice)
        {
            _pending.AddEverything();
            if (!Accepted.Claims.VirtualServers.IsEmpty && !_settings.Dataplane.Capabilities.Ipvs)
            {
                // Addresses and chains without virtual servers would swallow the traffic that they are for.
                _condition.Hold("IpvsMissing",
                    "this kernel has no IPVS, so nothing of this plugin is programmed and the kernel stays as it is; load it (modprobe"
                        + " ip_vs): the agent looks again by itself",
                    now + LookForModule);
                return;
            }
        }
        var change = _pending.Take();
        var input = new ReconcileInput { Cluster = cluster, Facts = facts, Changed = change, NodeName = _settings.NodeName, Now = now };
        var written = _output.Begin(change.Everything);
        await _turn.TakeAsync(
            PluginTurn.Of(_call.ReconcileAsync(_loaded!.Plugin, input, written), _ => Commit(written), fault => Fail("Reconcile", fault)),
            _settings.SoftDeadline, written.Overdue);
    }

    /// <summary>Calls the plugin as for the first time and throws away what it wants, so that it can explain itself.</summary>
    public Task RehearseAsync(ClusterState cluster, NodeFacts facts) => _call.ReconcileAsync(
        _loaded!.Plugin, new()
        {
            Cluster = cluster,
            Facts = facts,
            Changed = ClusterChange.All,
            NodeName = _settings.NodeName,
            Now = _settings.Time.GetUtcNow(),
        }, new(new StagedSlice()));

    public async Task<Explanation?> ExplainAsync(string topic, Packet packet, ClusterState cluster, NodeFacts facts) =>
        _loaded?.Plugin is IExplainingPlugin explaining && explaining.Topic == topic && _configuration.Exists
            ? await _call.ExplainAsync(explaining, packet, new()
            {
                Cluster = cluster,
                Facts = facts,
                Changed = ClusterChange.All,
                NodeName = _settings.NodeName,
                Now = _settings.Time.GetUtcNow(),
            })
            : null;

    /// <summary>Ends the plugin and its slice, and unloads it. The reference tells when its memory is really free.</summary>
    public WeakReference? Stop(bool retain)
    {
        _output.Close(retain);
        return Release();
    }

    /// <summary>Lets the plugin go and leaves its slice and the kernel as they are. The reference is as for <see cref="Stop"/>.</summary>
    public WeakReference? Release()
    {
        _isStopped = true;
        _output.Seal();
        _thread.Dispose();
        WeakReference? leak = null;
        Isolated?.Dispose();
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
        if (_condition.State == PluginState.Wedged && (_configuration.Exists || _configuration.Owed is not null) && _late.Take())
        {
            var isolated = Isolated;
            isolated?.Resume();
            Fail(PluginState.BackOff, isolated is null ? "ReturnedLate" : "ProcessEnded",
                $"{_condition.LastError}{(isolated is null ? ", but came back later" : "; its process was ended")}");
        }
    }

    private void FailToConfigure(PluginConfiguration configuration, Exception fault)
    {
        if (fault is PluginWedgedException or PluginProcessException or PluginRefusedException)
        {
            _configuration.Owed ??= fault is PluginRefusedException ? null : configuration;
            Fail("Configure", fault);
            return;
        }
        Accept(null, Accepted with
        {
            Problems = [new()
        {
            Severity = Severity.Error,
            Source = Name,
            Path = "",
            Message = $"Configure threw {PluginFault.Describe(fault)}",
        }],
            UsesDefaults = false
        });
    }

    // Null where there is only a result: the plugin threw.
    private void Accept(PluginConfiguration? configuration, ConfigurationResult result)
    {
        if (result.IsAccepted && configuration is not null && !IsObserveOnly && _settings.LastGood is { } kept)
        {
            kept.Keep(Name, result.BadFiles.IsEmpty ? configuration : GoodFiles.Of(configuration, result.BadFiles, kept.Read(Name)));
        }
        if (!_configuration.Take(result, out var isAnother))
        {
            _condition.Refuse(SharedReasons.ConfigurationRefused, string.Join("; ", result.Problems.Where(problem => problem.IsError)));
            return;
        }
        if (isAnother)
        {
            _pending.AddEverything();
        }
        if (_condition.State == PluginState.Refused)
        {
            _condition.Restart();
        }
    }

    private void Commit(GuardedSlice written)
    {
        if (_isStopped)
        {
            return;
        }
        try
        {
            if (!_output.Commit(written, Accepted.Claims))
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
        _ = _late.WatchAsync(wedged.Late);
    }

    private void Fail(string what, Exception fault)
    {
        if (fault is PluginWedgedException wedged)
        {
            Wedge(wedged);
            return;
        }
        var (state, reason, message, isRetried) = PluginFault.Of(what, fault);
        if (isRetried)
        {
            _settings.Log.LogDebug(fault, "plugin {Plugin} failed", Name);
            // Another plugin's better claim is a matter of configuration.
            if (fault is not ClaimConflictException)
            {
                _settings.Failed(Name);
            }
            Fail(state, reason, message);
        }
        else
        {
            _condition.Refuse(reason, message);
        }
    }

    private void Fail(PluginState state, string reason, string message)
    {
        _condition.Fail(state, reason, message, _settings.Time.GetUtcNow());
        _pending.AddEverything();
    }
}
