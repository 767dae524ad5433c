using NetAgent.Host.Configuration;
using NetAgent.Host.Loop;
using NetAgent.Host.Status;

namespace NetAgent.Host.Tests.Fakes;

/// <summary>A sync loop with everything around it in the test's hand.</summary>
internal sealed class Rig : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("netagent-host-");
    private SyncLoop? _loop;

    public SamplePlugins Plugins { get; } = new();

    public FakeDataplane Dataplane { get; } = new();

    public FakeCluster Cluster { get; } = new();

    public TestLog Log { get; } = new();

    public ManualTime Time { get; } = new();

    public AgentMetrics Metrics { get; } = new();

    public ProxyHealth Health { get; }

    public FakeConfigMaps ConfigMaps { get; } = new();

    public ConfigMapFiles MapFiles { get; }

    public ConfigurationStore Store { get; private set; }

    public TimeSpan SoftDeadline { get; init; } = Timeout.InfiniteTimeSpan;

    public string Folder => _folder.FullName;

    public string ConfigPath => Path.Combine(Folder, "agent.yaml");

    public Rig()
    {
        Health = new(Time);
        MapFiles = new(_ => ConfigMaps);
        Store = Open();
    }

    public SyncLoop Loop => _loop ??= Create();

    public PluginStatus this[string plugin] => Loop.Snapshot.Plugins.Single(status => status.Name == plugin);

    /// <summary>Writes the agent's file: the frame is given, the test adds the rest.</summary>
    public Rig Configure(string yaml)
    {
        File.WriteAllText(ConfigPath, $"""
            apiVersion: netagent.io/v1alpha1
            kind: NetAgentConfiguration
            stateDirectory: {Path.Combine(Folder, "state")}
            pluginDirectory: {Plugins.Path}
            pluginDeadline: 10s
            {yaml}
            """);
        // Two writes within one tick of the file system's clock must still differ.
        File.SetLastWriteTimeUtc(ConfigPath, DateTime.UnixEpoch.AddSeconds(++_writes));
        return this;
    }

    private int _writes;

    public async Task RoundAsync(bool verify = false) => await Loop.RoundAsync(verify);

    /// <summary>A round in which the clock goes on, second by second, until it is over; returns how long it took by that clock.</summary>
    public async Task<TimeSpan> TimedRoundAsync()
    {
        var start = Time.GetUtcNow();
        var round = RoundAsync();
        while (await Task.WhenAny(round, Task.Delay(200)) != round)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
        }
        await round;
        return Time.GetUtcNow() - start;
    }

    /// <summary>What the plugin last said about its change.</summary>
    public string? Change(string plugin) => Dataplane.Status.Notices.Where(notice => notice.Plugin == plugin && notice.Notice.Reason == "Change").Select(notice => notice.Notice.Message).SingleOrDefault();

    /// <summary>The agent ends, and another one starts with what is on disk.</summary>
    public async Task RestartAsync(bool crash = false)
    {
        if (!crash)
        {
            Store.EndTrial();
        }
        await Loop.DisposeAsync();
        _loop = null;
        Store = Open();
    }

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
        {
            await _loop.DisposeAsync();
        }
        await MapFiles.DisposeAsync();
        Plugins.Dispose();
        _folder.Delete(recursive: true);
    }

    private ConfigurationStore Open() => new(ConfigPath, ConfigurationFiles.Read, agent => agent, MapFiles, new(isKept: true));

    private SyncLoop Create()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "state"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Store.Reload();
        Assert.True(Store.Current is not null, string.Join("\n", Store.Problems));
        return new(new LoopParts
        {
            NodeName = "node-1",
            Dataplane = Dataplane,
            Feed = Cluster,
            Configuration = Store,
            Log = Log,
            Time = Time,
            Events = Cluster.Events,
            Metrics = Metrics,
            Health = Health,
            SoftDeadline = SoftDeadline,
        });
    }
}
