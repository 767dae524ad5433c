using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Cluster;
using NetAgent.Host.Configuration;
using NetAgent.Host.Logging;
using NetAgent.Host.Loop;
using NetAgent.Host.Serving;
using NetAgent.Host.Status;

namespace NetAgent.Host.Composition;

/// <summary>An agent put together but for what differs between a running one and a single look: kernel, cluster, loop.</summary>
internal sealed class AgentSession : IAsyncDisposable
{
    // Enough for a plugin that writes everything anew for 10,000 Services; a call for one change takes milliseconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly AgentLogging _logging;
    private readonly IClusterBackend _cluster;
    private readonly Task _following;

    /// <param name="backends">Kernel, cluster and files.</param>
    /// <param name="store">Holds an accepted configuration.</param>
    /// <param name="nodeName">This node.</param>
    /// <param name="isSingleLook">Wait for every plugin, however slow.</param>
    public AgentSession(Backends backends, ConfigurationStore store, string nodeName, bool isSingleLook)
    {
        Configuration = store;
        var agent = store.Current!.Agent;
        _logging = new(agent.Logging);
        Metrics = new();
        Health = new(backends.Time);
        Servers = new(Health, backends.Time);
        Dataplane = backends.OpenDataplane(new() { StateDirectory = agent.StateDirectory, DrainLimit = agent.DrainLimit, FileSystemRoot = agent.FileSystemRoot, Time = backends.Time });
        _cluster = backends.OpenCluster(agent.Cluster, nodeName, _logging.Log);
        Loop = new(new()
        {
            NodeName = nodeName,
            Dataplane = Dataplane,
            Feed = _cluster,
            Patience = isSingleLook ? Timeout.InfiniteTimeSpan : Patience,
            Configuration = store,
            Log = _logging.Log,
            Time = backends.Time,
            // Who only looks, or does one thing and says what came of it, leaves no events behind.
            Events = isSingleLook ? new NoEventSink() : _cluster.Events,
            Metrics = Metrics,
            Health = Health,
            ServerNotices = () => [.. Servers.Notices, .. Bound?.Notices ?? [], .. ConfigMapNotices],
            SettingsChanged = settings => _logging.Apply(settings.Logging),
        });
        if (store.Maps is { } maps)
        {
            maps.Changed += Loop.Wake;
        }
        _following = _cluster.RunAsync(_stop.Token);
    }

    public ConfigurationStore Configuration { get; }

    public IDataplane Dataplane { get; }

    public SyncLoop Loop { get; }

    public AgentMetrics Metrics { get; }

    public ProxyHealth Health { get; }

    public HealthCheckServers Servers { get; }

    public AgentServers? Bound { get; set; }

    public Microsoft.Extensions.Logging.ILogger Log => _logging.Log;

    /// <summary>Events on the Node.</summary>
    public NetAgent.Cluster.IEventSink Events => _cluster.Events;

    /// <summary>Ends when the source of the cluster's state failed for good; it is not expected to.</summary>
    public Task Following => _following;

    /// <summary>The agent at the end of the last round, with what goes on without rounds as it is now.</summary>
    public AgentSnapshot Snapshot => Loop.Snapshot with
    {
        Resources = _cluster.Resources,
        Events = new(Events.Written, Events.Dropped, Events.Refused),
    };

    /// <summary>Keeps this Node's condition; null where the configuration does not ask for it.</summary>
    public ConditionKeeper? Condition(TimeProvider time)
    {
        if (!Configuration.Current!.Agent.NodeCondition)
        {
            return null;
        }
        var keeper = new ConditionKeeper(() => Snapshot, _cluster.SetConditionAsync, time, Log);
        Loop.Rounded += keeper.Wake;
        return keeper;
    }

    /// <summary>Whether what is missing of the cluster does not come by waiting.</summary>
    public bool IsLocal => _cluster.IsLocal;

    /// <summary>What is wrong with the cluster's source now.</summary>
    public IReadOnlyList<Notice> SourceNotices => _cluster.Notices;

    // A server that is away is said by the cluster already.
    private IEnumerable<Notice> ConfigMapNotices => Configuration.Maps?.Problems
        .Where(problem => !_cluster.Notices.Any(notice => notice.Reason == problem.Reason && problem.Reason == "ApiServerUnreachable"))
        .Select(problem => new Notice(Severity.Warning, problem.Reason, problem.ToString())) ?? [];

    public async ValueTask DisposeAsync()
    {
        if (Configuration.Maps is { } maps)
        {
            maps.Changed -= Loop.Wake;
        }
        await _stop.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Loop.DisposeAsync();
        await Servers.DisposeAsync();
        await _cluster.DisposeAsync();
        Dataplane.Dispose();
        _logging.Dispose();
        _stop.Dispose();
    }
}
