using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetAgent.Cluster;
using NetAgent.Dataplane;
using NetAgent.Host.Cluster;
using NetAgent.Host.Configuration;
using NetAgent.Host.Logging;
using NetAgent.Host.Loop;
using NetAgent.Host.Serving;
using NetAgent.Host.Status;
using Serilog;

namespace NetAgent.Host.Composition;

/// <summary>
/// What an agent is put together from, in one place. Parts start in the order in which they are listed and stop in the reverse one: the loop
/// first, so that a round in progress is finished while all that it needs still works, and the cluster last, since the Node's condition is
/// written through it on the way out.
/// </summary>
internal static class AgentServices
{
    // Enough for a plugin that writes everything anew for 10,000 Services; a call for one change takes milliseconds.
    private static readonly TimeSpan SoftDeadline = TimeSpan.FromSeconds(1);

    /// <summary>An agent that looks or works once: kernel and loop, with the cluster followed meanwhile. Every plugin is waited for, however slow.</summary>
    public static AgentHost BuildSingleLook(Backends backends, ConfigurationStore store, string nodeName)
    {
        var logging = new AgentLogging(store.Current!.Agent.Logging);
        var builder = CreateBuilder(backends, store, nodeName, logging, isSingleLook: true);
        builder.Services.AddSingleton<SingleLook>();
        return new(builder.Build(), logging);
    }

    /// <summary>The agent that runs until SIGTERM or SIGINT.</summary>
    public static AgentHost BuildRunning(Backends backends, ConfigurationStore store, string nodeName)
    {
        var agent = store.Current!.Agent;
        var logging = new AgentLogging(agent.Logging);
        var builder = CreateBuilder(backends, store, nodeName, logging, isSingleLook: false);
        var services = builder.Services;
        // A sync that began is finished: cut off, a packet would meet half a state.
        services.Configure<HostOptions>(options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        services.AddSingleton(backends.Notifier);
        services.AddSingleton(provider => new MetricsHandler(
            () => provider.GetRequiredService<AgentView>().Snapshot, provider.GetRequiredService<AgentMetrics>(), backends.Time));
        services.AddSingleton(provider => new HealthHandler(
            provider.GetRequiredService<ProxyHealth>(), provider.GetRequiredService<SyncLoop>().Heartbeat, provider.GetRequiredService<AgentMetrics>()));
        services.AddHostedService<ServingPart>();
        if (agent.NodeCondition)
        {
            services.AddSingleton(provider => new ConditionKeeper(
                () => provider.GetRequiredService<AgentView>().Snapshot, provider.GetRequiredService<IClusterBackend>().SetConditionAsync, backends.Time,
                provider.GetRequiredService<ILogger<ConditionKeeper>>()));
            services.AddHostedService<ConditionPart>();
        }
        services.AddHostedService<WatchPart>();
        services.AddHostedService<ReadinessPart>();
        services.AddHostedService<HeapPart>();
        services.AddHostedService<LoopPart>();
        return new(builder.Build(), logging);
    }

    // Empty: neither appsettings.json nor the environment is the agent's configuration.
    private static HostApplicationBuilder CreateBuilder(
        Backends backends, ConfigurationStore store, string nodeName, AgentLogging logging, bool isSingleLook)
    {
        var agent = store.Current!.Agent;
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new() { ApplicationName = "netagent", EnvironmentName = Environments.Production });
        var services = builder.Services;
        services.AddSingleton(logging);
        // Signals come by AgentSignals, from before there is a host.
        services.AddSingleton<IHostLifetime, NoLifetime>();
        services.AddSingleton(backends.Signals);
        services.AddSerilog(logging.Root);
        services.AddSingleton(backends.Time);
        services.AddSingleton(store);
        services.AddSingleton<AgentFault>();
        services.AddSingleton<AgentMetrics>();
        services.AddSingleton<ProxyHealth>();
        services.AddSingleton<HealthCheckServers>();
        services.AddSingleton<AgentServers>();
        services.AddSingleton(_ => backends.OpenDataplane(new()
        {
            StateDirectory = agent.StateDirectory,
            DrainLimit = agent.DrainLimit,
            FileSystemRoot = agent.FileSystemRoot,
            Time = backends.Time,
        }));
        services.AddSingleton(provider => backends.OpenCluster(agent.Cluster, nodeName, provider.GetRequiredService<ILogger<IClusterSource>>()));
        services.AddSingleton<ServerNotices>();
        services.AddSingleton(provider => CreateLoop(provider, nodeName, isSingleLook));
        services.AddSingleton<AgentView>();
        services.AddHostedService<ClusterPart>();
        return builder;
    }

    private static SyncLoop CreateLoop(IServiceProvider provider, string nodeName, bool isSingleLook) => new(new()
    {
        NodeName = nodeName,
        Dataplane = provider.GetRequiredService<IDataplane>(),
        Feed = provider.GetRequiredService<IClusterBackend>(),
        SoftDeadline = isSingleLook ? Timeout.InfiniteTimeSpan : SoftDeadline,
        Configuration = provider.GetRequiredService<ConfigurationStore>(),
        Log = provider.GetRequiredService<ILogger<SyncLoop>>(),
        Time = provider.GetRequiredService<TimeProvider>(),
        // Who only looks, or does one thing and says what came of it, leaves no events behind.
        Events = isSingleLook ? new NoEventSink() : provider.GetRequiredService<IClusterBackend>().Events,
        Metrics = provider.GetRequiredService<AgentMetrics>(),
        Health = provider.GetRequiredService<ProxyHealth>(),
        ServerNotices = provider.GetRequiredService<ServerNotices>().Current,
        SettingsChanged = settings => provider.GetRequiredService<AgentLogging>().Apply(settings.Logging),
    });
}
