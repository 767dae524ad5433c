using System.Diagnostics;
using NetAgent.Host.Commands;
using NetAgent.Host.Composition;
using NetAgent.Host.Tests.Fakes;
using NetAgent.TestKit;
using NetAgent.TestKit.Api;

namespace NetAgent.Host.Tests.Kubernetes;

/// <summary>The agent with a real API server, under exactly the rights that deploy/ gives it; the kernel is a fake.</summary>
[Trait("Category", "Api")]
public sealed class ApiServerTests(ApiServerTests.Server server) : IClassFixture<ApiServerTests.Server>
{
    private static readonly string Base = Path.Combine(RepositoryRoot.Path, "deploy/kustomize/base");

    [Fact]
    public async Task The_kustomize_base_is_accepted_by_the_API_server()
    {
        var output = await server.Api.KubectlAsync($"apply -k {Base} --dry-run=server");

        Assert.Contains("daemonset.apps/netagent created (server dry run)", output, StringComparison.Ordinal);
        Assert.Contains("clusterrole.rbac.authorization.k8s.io/netagent", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_start_and_stop_a_plugin_within_two_seconds_and_failures_become_events()
    {
        await server.Api.KubectlAsync("apply -f -", """{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}""");
        await server.Api.KubectlAsync($"apply -f {Base}/rbac.yaml -n netagent");
        var token = await server.Api.TokenAsync("netagent", "netagent", DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 3600));
        var kubeconfig = server.Api.WriteKubeconfig("agent.conf", $"{{token: {token}}}");
        await using var rig = new Rig();
        rig.Plugins.Add("Steady");
        rig.Plugins.Add("NewerContract", "newer");
        rig.Configure($"""
            plugins:
            - name: steady
              nodeSelector:
                role: edge
            - name: newer
              required: false
            cluster:
              kubeconfig: {kubeconfig}
            metricsBindAddress: ""
            healthzBindAddress: ""
            """);
        using var stop = new CancellationTokenSource();
        var backends = RealBackends.Create() with { OpenDataplane = _ => rig.Dataplane };
        var running = RunCommand.RunAsync(backends, rig.Store, "node-1", onceWithin: null, stop.Token);
        await UntilAsync(() => rig.Dataplane.Calls.Contains("verify"), TimeSpan.FromSeconds(60));
        Assert.Empty(rig.Dataplane.Kernel);

        await server.Api.KubectlAsync("label node node-1 role=edge");
        Assert.InRange(await UntilAsync(() => rig.Dataplane.Kernel.ContainsKey("net/sample"), TimeSpan.FromSeconds(30)), TimeSpan.Zero, TimeSpan.FromSeconds(2));

        await server.Api.KubectlAsync("label node node-1 plugins.netagent.io/steady=off");
        Assert.InRange(await UntilAsync(() => rig.Dataplane.Kernel.Count == 0, TimeSpan.FromSeconds(30)), TimeSpan.Zero, TimeSpan.FromSeconds(2));

        await RealApiServer.UntilAsync("the events", async () =>
        {
            var events = await server.Api.KubectlAsync("get --raw /apis/events.k8s.io/v1/events");
            return events.Contains("\"reason\":\"Starting\"", StringComparison.Ordinal)
                && events.Contains("\"reason\":\"UnsupportedContract\"", StringComparison.Ordinal);
        }, seconds: 30);

        await stop.CancelAsync();
        Assert.Equal(ExitCode.Success, await running);
    }

    private static async Task<TimeSpan> UntilAsync(Func<bool> condition, TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < limit, $"not within {limit}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
        return watch.Elapsed;
    }

    public sealed class Server : IAsyncLifetime
    {
        public RealApiServer Api { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Api = await RealApiServer.StartAsync();
            await Api.KubectlAsync("create namespace netagent");
        }

        public ValueTask DisposeAsync() => Api.DisposeAsync();
    }
}
