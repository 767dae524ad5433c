using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Host.Plugins.Supervision;
using NetAgent.Host.Timing;

namespace NetAgent.Host.Loop;

/// <summary>
/// The plugins' part of a round: which of them run, what they see, what they want, and whether the configuration may stay. Used from the
/// sync loop only.
/// </summary>
internal sealed class PluginRound : IAsyncDisposable
{
    private readonly LoopParts _parts;
    private readonly WakeSignal _wake;
    private readonly FactsWatch _facts;
    private readonly Confirmation _confirmation;

    public PluginRound(LoopParts parts, WakeSignal wake)
    {
        _parts = parts;
        _wake = wake;
        _facts = new(parts.Dataplane, parts.Time);
        _confirmation = new(parts.Time);
        var agent = parts.Configuration.Current!.Agent;
        var settings = new SupervisorSettings(parts.Dataplane, parts.Time, agent.PluginDeadline, parts.NodeName, parts.Log, wake.Set)
        {
            SoftDeadline = parts.SoftDeadline,
            Failed = parts.Metrics.PluginFailed,
        };
        Plugins = new(settings, agent.StateDirectory);
    }

    public PluginSet Plugins { get; }

    /// <summary>Until when the configuration in force is on trial; null when it is not.</summary>
    public DateTimeOffset? TrialUntil => _confirmation.Until;

    /// <summary>Somebody wrote what plugins look at: it is read again in the next round.</summary>
    public bool AreFactsOld { get; set; }

    /// <summary>Addresses of other hosts that the cluster knows.</summary>
    public EquatableArray<ForeignAddress> OtherHosts
    {
        set => _facts.OtherHosts = value;
    }

    /// <summary>Takes a configuration that came into force, on trial where it says so.</summary>
    public void TakeNews()
    {
        if (_parts.Configuration.TakeNews())
        {
            _parts.SettingsChanged(_parts.Configuration.Current!.Agent);
            _confirmation.Begin(_parts.Configuration.BeginTrial(), Plugins.Statuses, _parts.Dataplane.Status.Failed);
        }
    }

    /// <summary>True when some slice may have changed.</summary>
    public async Task<bool> RunAsync(ClusterState cluster, Node node, ClusterChange change, bool readFacts, bool verify)
    {
        var changed = await Plugins.ApplyAsync(_parts.Configuration.Current!, node);
        var before = _facts.Refresh(
            Plugins.Running.Select(plugin => plugin.Accepted.Observations), readFacts || AreFactsOld, verify,
            Plugins.Running.Where(plugin => plugin.Accepted.Observations.Conntrack).Min(plugin => plugin.Accepted.Period));
        AreFactsOld = false;
        foreach (var plugin in Plugins.Running)
        {
            plugin.Note(change);
            if (FactsWatch.Differ(plugin.Accepted.Observations, before, _facts.Facts))
            {
                plugin.Note(new() { Facts = true });
            }
        }
        _parts.Feed.Want(MetadataWish.Of(Plugins.Running.Select(plugin => plugin.Accepted.Observations)));
        changed |= await CallAsync(cluster);
        EvaluateTrial();
        return changed;
    }

    /// <summary>When a round is due for their sake; null for none.</summary>
    public DateTimeOffset? NextDue(DateTimeOffset now)
    {
        // One that is still at a call will wake the loop.
        var trial = _confirmation.Until > now || !Plugins.Statuses.Any(plugin => plugin.IsBusy) ? _confirmation.Until : null;
        return Informed.Select(plugin => plugin.NextDue(now)).Append(_facts.NextDue).Append(Plugins.NextDue).Append(trial).Min();
    }

    public ValueTask DisposeAsync() => Plugins.DisposeAsync();

    // Without the labels that it asks for a plugin would take every object for one that has none; the feed wakes the loop when it has them.
    private IEnumerable<PluginSupervisor> Informed =>
        Plugins.Running.Where(plugin => _parts.Feed.HasRead(MetadataWish.Of([plugin.Accepted.Observations])));

    private async Task<bool> CallAsync(ClusterState cluster)
    {
        var now = _parts.Time.GetUtcNow();
        var due = Informed.Where(plugin => plugin.IsDue(now)).ToArray();
        foreach (var plugin in due)
        {
            _parts.Health.Queued();
            _parts.Metrics.Queued(now);
            if (!Plugins.RefuseClaims(plugin, _parts.Configuration.Current!.Agent.Plugins))
            {
                await plugin.ReconcileAsync(cluster, _facts.Facts);
            }
        }
        return due.Length > 0;
    }

    /// <summary>
    /// Takes a configuration on trial back, or confirms it, by how plugins and kernel like it. Also after a sync, which may refuse rows.
    /// </summary>
    public void EvaluateTrial()
    {
        var statuses = Plugins.Statuses;
        // Of 10,000 Services a status is worth asking for only where it counts.
        var refused = _confirmation.Until is null ? [] : _parts.Dataplane.Status.Failed;
        if (_confirmation.Violation(statuses, refused) is { } violation && _parts.Configuration.RollBack(violation))
        {
            _parts.SettingsChanged(_parts.Configuration.Current!.Agent);
            _wake.Set();
        }
        else if (_confirmation.Until is null && !statuses.Any(plugin => plugin.IsFailing || plugin.IsBusy))
        {
            _parts.Configuration.Confirm();
        }
    }
}
