using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using NetAgent.Host.Commands;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.Loop;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Composition;

/// <summary>What the generic host makes of the agent's parts.</summary>
public sealed class CompositionTests : IDisposable
{
    private readonly Rig _rig = new();
    private readonly CancellationTokenSource _stop = new();

    public CompositionTests()
    {
        _rig.Plugins.Add("Steady");
        Configure("");
    }

    public void Dispose()
    {
        _stop.Dispose();
        _rig.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    [Fact]
    public async Task Parts_start_from_the_cluster_to_the_loop_and_stop_the_other_way_round()
    {
        Configure("nodeCondition: true");
        await using var agent = AgentServices.BuildRunning(Backends(), Read(), "node-1");

        Assert.Equal(
            [typeof(ClusterPart), typeof(ServingPart), typeof(ConditionPart), typeof(WatchPart), typeof(ReadinessPart), typeof(HeapPart), typeof(LoopPart)],
            agent.Services.GetServices<IHostedService>().Select(part => part.GetType()));
    }

    [Fact]
    public async Task A_single_look_serves_and_watches_nothing()
    {
        await using var agent = AgentServices.BuildSingleLook(Backends(), Read(), "node-1");

        Assert.Equal([typeof(ClusterPart)], agent.Services.GetServices<IHostedService>().Select(part => part.GetType()));
    }

    [Fact]
    public async Task Neither_settings_files_nor_the_environment_configure_the_agent()
    {
        await using var agent = AgentServices.BuildRunning(Backends(), Read(), "node-1");

        var configuration = agent.Services.GetRequiredService<IConfiguration>();

        // The two that AgentServices sets.
        Assert.Equal(["applicationName", "environment"], configuration.AsEnumerable().Select(setting => setting.Key).Order(StringComparer.Ordinal));
        Assert.Equal(Environments.Production, agent.Services.GetRequiredService<IHostEnvironment>().EnvironmentName);
    }

    [Fact]
    public async Task A_part_that_fails_ends_the_agent_with_exit_code_1()
    {
        _rig.Cluster.Following = Task.FromException(new InvalidOperationException("the source broke"));

        var code = await RunCommand.RunAsync(Backends(), Store(), "node-1", onceWithin: null, TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Failed, code);
    }

    [Fact]
    public async Task An_agent_that_is_told_to_stop_ends_with_exit_code_0_and_another_can_start()
    {
        for (var i = 0; i < 2; i++)
        {
            using var stop = new CancellationTokenSource();
            var running = RunCommand.RunAsync(Backends(), Store(), "node-1", onceWithin: null, stop.Token);
            await stop.CancelAsync();
            Assert.Equal(ExitCode.Success, await running.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task Systemd_hears_READY_after_the_first_sync_and_STOPPING_at_the_end()
    {
        var path = Path.Combine(_rig.Folder, "notify");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        _rig.Cluster.IsComplete = false;
        var running = RunCommand.RunAsync(Backends() with { Notifier = Notifier(path) }, Store(), "node-1", onceWithin: null, _stop.Token);

        Assert.Equal("STATUS=waiting for the cluster and the first sync", await ReceiveAsync(socket));
        _rig.Cluster.IsComplete = true;
        _rig.Cluster.SetService("any");
        await ReceiveAsync(socket, "READY=1");
        await ReceiveAsync(socket, "STATUS=the kernel is programmed; netagent status has details");
        await _stop.CancelAsync();
        await ReceiveAsync(socket, "STOPPING=1");
        Assert.Equal(ExitCode.Success, await running);
    }

    [Fact]
    public async Task Systemd_does_not_hear_READY_while_a_required_plugin_does_not_run()
    {
        var path = Path.Combine(_rig.Folder, "notify");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        _rig.Configure("plugins: [{name: steady}, {name: missing}]\nmetricsBindAddress: \"\"\nhealthzBindAddress: \"\"");
        var running = RunCommand.RunAsync(Backends() with { Notifier = Notifier(path) }, Store(), "node-1", onceWithin: null, _stop.Token);

        Assert.Equal("STATUS=waiting for the cluster and the first sync", await ReceiveAsync(socket));
        Assert.Equal("STATUS=not everything is programmed yet; netagent status says what is not", await ReceiveAsync(socket));
        Configure("");
        await ReceiveAsync(socket, "READY=1");
        await _stop.CancelAsync();
        Assert.Equal(ExitCode.Success, await running);
    }

    [Fact]
    public async Task A_notify_socket_that_cannot_be_reached_ends_nothing()
    {
        Directory.CreateDirectory(Path.Combine(_rig.Folder, "state"));
        var agent = AgentServices.BuildRunning(Backends() with { Notifier = Notifier(Path.Combine(_rig.Folder, "nobody")) }, Read(), "node-1");
        await using (agent)
        {
            var rounded = new TaskCompletionSource();
            agent.Services.GetRequiredService<SyncLoop>().Rounded += () => rounded.TrySetResult();
            await agent.StartAsync();
            await rounded.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            await _stop.CancelAsync();
            Assert.True(await agent.UntilStoppedAsync(_stop.Token));
        }
        Assert.Equal("1", _rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task Probes_are_answered_while_the_configuration_is_waited_for_and_by_the_agent_afterwards()
    {
        var port = FreePort();
        await using var maps = new ConfigMapFiles(_ => _rig.ConfigMaps);
        var probe = new BindAddress(IPAddress.Loopback, port);
        var store = new ConfigurationStore("configmap:a/netagent/agent.yaml", ConfigurationFiles.Read, agent => agent with { Probe = probe }, maps);
        var running = RunCommand.RunAsync(Backends(), store, "node-1", onceWithin: null, _stop.Token, probe);
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}/") };

        await AliveAsync("waiting for the configuration");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("readyz", TestContext.Current.CancellationToken)).StatusCode);

        _rig.ConfigMaps.Set("a/netagent", "agent.yaml", await File.ReadAllTextAsync(_rig.ConfigPath, TestContext.Current.CancellationToken));
        await AliveAsync("loopLateSeconds");
        await _stop.CancelAsync();
        Assert.Equal(ExitCode.Success, await running);

        // Between the two, and before the first, nobody listens.
        async Task AliveAsync(string said)
        {
            for (var body = ""; !running.IsCompleted && !body.Contains(said, StringComparison.Ordinal);)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
                try
                {
                    body = await client.GetStringAsync("livez", TestContext.Current.CancellationToken);
                }
                catch (HttpRequestException)
                {
                    body = "";
                }
            }
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    // The notifier takes its socket from the environment, once, when it is made.
    private static SystemdNotifier Notifier(string path)
    {
        const string variable = "NOTIFY_SOCKET";
        Environment.SetEnvironmentVariable(variable, path);
        try
        {
            return new();
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
        }
    }

    // Past lines of status: a plugin whose first plan takes long is one.
    private static async Task ReceiveAsync(Socket socket, string awaited)
    {
        while (await ReceiveAsync(socket) != awaited)
        {
        }
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        var buffer = new byte[512];
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, limit.Token));
    }

    private void Configure(string more) =>
        _rig.Configure($"plugins: [{{name: steady}}]\nmetricsBindAddress: \"\"\nhealthzBindAddress: \"\"\n{more}");

    private ConfigurationStore Store() => new(_rig.ConfigPath, ConfigurationFiles.Read, agent => agent);

    private ConfigurationStore Read()
    {
        var store = Store();
        Assert.True(store.Reload());
        return store;
    }

    private Backends Backends() => new()
    {
        OpenDataplane = _ => _rig.Dataplane,
        OpenCluster = (_, _, _) => _rig.Cluster,
        ReadFile = ConfigurationFiles.Read,
        Output = TextWriter.Null,
        Error = TextWriter.Null,
    };
}
