using System.Text.Json;
using NetAgent.Host.Commands;
using NetAgent.Host.Composition;
using NetAgent.Host.Serving;
using NetAgent.Host.Tests.Fakes;
using NetAgent.TestKit;
using NetAgent.TestKit.Api;

namespace NetAgent.Host.Tests.Kubernetes;

/// <summary>What an operator sees of the agent when something is wrong at a real API server; the kernel is a fake.</summary>
[Trait("Category", "Api")]
public sealed class OutageTests(ApiServerTests.Server server, ITestOutputHelper output) : IClassFixture<ApiServerTests.Server>
{
    private RealApiServer Api => server.Api;

    [Fact]
    public async Task A_server_that_takes_connections_and_never_answers_shows_within_about_a_minute_as_one_event()
    {
        await using var agent = await StartAsync("silent");
        Assert.All(agent.Resources(), resource => Assert.InRange(resource.GetProperty("lastContactAgeSeconds").GetDouble(), 0, 90));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Api.Suspend();
        try
        {
            await agent.UntilAsync("the outage to show", status => Has(status, "ApiServerUnreachable") && status.GetProperty("degraded").GetBoolean(), seconds: 75);
            output.WriteLine($"seen after {watch.Elapsed.TotalSeconds:0.0} s");
            Assert.All(agent.Resources(), resource => Assert.True(resource.GetProperty("failing").GetBoolean()));
            Assert.All(agent.Resources(), resource => Assert.True(resource.GetProperty("lastContactAgeSeconds").GetDouble() > 20));
        }
        finally
        {
            Api.Resume();
        }
        await agent.UntilAsync("its end", status => !status.GetProperty("degraded").GetBoolean());
        await RealApiServer.UntilAsync("the event", async () => (await EventsAsync("silent", "ApiServerUnreachable")).Count > 0);
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        Assert.Single(await EventsAsync("silent", "ApiServerUnreachable"));
        Assert.DoesNotContain(await EventsAsync("silent", "SourceProblem"), _ => true);
    }

    [Fact]
    public async Task Forty_objects_that_cannot_be_used_are_a_few_events_and_what_comes_after_them_is_written_too()
    {
        await using var agent = await StartAsync("garbage");
        for (var i = 0; i < 40; i++)
        {
            await Api.SendAsync(HttpMethod.Post, "apis/discovery.k8s.io/v1/namespaces/netagent/endpointslices", $$"""
                {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "bad-{{i}}", "labels": {"kubernetes.io/service-name": "bad"} },
                 "addressType": "Pigeon", "ports": [{"name": "", "port": 8080, "protocol": "TCP"}], "endpoints": [{"addresses": ["10.244.0.1"]}] }
                """);
        }
        await agent.UntilAsync("all to be named", status => status.GetProperty("notices").EnumerateArray().Count(n => n.GetProperty("reason").GetString() == "ObjectRefused") == 40);
        agent.Rig.Configure("minSyncPeriod: soon");
        await RealApiServer.UntilAsync("the events", async () =>
            (await EventsAsync("garbage", "ConfigurationRefused")).Count == 1 && (await EventsAsync("garbage", "ObjectRefused")).Count >= 4);
        var refused = await EventsAsync("garbage", "ObjectRefused");
        Assert.InRange(refused.Count, 4, 6);
        Assert.Contains(refused, note => note.Contains("more like this, e.g. endpointslices, EndpointSlice netagent/bad-", StringComparison.Ordinal));
        await Api.SendAsync(HttpMethod.Delete, "apis/discovery.k8s.io/v1/namespaces/netagent/endpointslices", null);
    }

    [Fact]
    public async Task A_deleted_Node_is_named_while_its_last_labels_stay_in_force_and_over_when_it_is_back()
    {
        await using var agent = await StartAsync("deleted", more: "nodeSelector: {role: edge}", labels: """{"role": "edge"}""");
        await Api.KubectlAsync("delete node deleted");
        await agent.UntilAsync("the Node to be missed", status => Has(status, "NodeDeleted") && status.GetProperty("cluster").GetProperty("nodeGone").GetBoolean());
        Assert.Equal("1", agent.Rig.Dataplane.Kernel["net/sample"]);
        Assert.True(agent.Status.GetProperty("degraded").GetBoolean());
        await Api.KubectlAsync("apply -f -", """{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "deleted", "labels": {"role": "edge"} } }""");
        await agent.UntilAsync("the Node", status => !status.GetProperty("degraded").GetBoolean());
        Assert.Equal("1", agent.Rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task A_condition_is_kept_on_the_Node_where_it_is_asked_for_and_only_with_the_right_to()
    {
        await using var agent = await StartAsync("conditioned", agentMore: "nodeCondition: true");
        Task<string> StatusOf() => Api.KubectlAsync("get node conditioned -o jsonpath={.status.conditions[?(@.type==\"NetAgentReady\")].status}");
        // The deployed rules alone do not allow it.
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        Assert.Equal("", await StatusOf());
        await Api.KubectlAsync($"apply -f {RepositoryRoot.Path}/deploy/kustomize/node-condition/rbac.yaml");
        await RealApiServer.UntilAsync("the condition", async () => await StatusOf() == "True", seconds: 60);
        agent.Rig.Configure("minSyncPeriod: soon");
        await RealApiServer.UntilAsync("the condition to turn", async () => await StatusOf() == "False", seconds: 60);
        Assert.Equal("ConfigurationRefused", await Api.KubectlAsync("get node conditioned -o jsonpath={.status.conditions[?(@.type==\"NetAgentReady\")].reason}"));
    }

    private static bool Has(JsonElement status, string reason) =>
        status.GetProperty("notices").EnumerateArray().Any(notice => notice.GetProperty("reason").GetString() == reason);

    private async Task<IReadOnlyList<string>> EventsAsync(string node, string reason)
    {
        using var events = JsonDocument.Parse(await Api.GetAsync("apis/events.k8s.io/v1/events"));
        return [.. events.RootElement.GetProperty("items").EnumerateArray()
            .Where(e => e.GetProperty("regarding").GetProperty("name").GetString() == node && e.GetProperty("reason").GetString() == reason)
            .Select(e => e.GetProperty("note").GetString()!)];
    }

    private async Task<Running> StartAsync(string node, string more = "required: true", string agentMore = "", string labels = "{}")
    {
        await Api.KubectlAsync("apply -f -", $$"""{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "{{node}}", "labels": {{labels}} } }""");
        await Api.KubectlAsync($"apply -f {RepositoryRoot.Path}/deploy/kustomize/base/rbac.yaml -n netagent");
        var token = await Api.TokenAsync("netagent", "netagent", TimeProvider.System.GetUtcNow().AddHours(1));
        var agent = new Running(node, Api.WriteKubeconfig($"{node}.conf", $"{{token: {token}}}"), more, agentMore);
        await agent.UntilAsync("the first sync", status => !status.GetProperty("degraded").GetBoolean() && agent.Rig.Dataplane.Kernel.ContainsKey("net/sample"));
        return agent;
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        public Running(string node, string kubeconfig, string more, string agentMore)
        {
            Rig.Plugins.Add("Steady");
            Rig.Configure($"""
                plugins:
                - name: steady
                  {more}
                cluster:
                  kubeconfig: {kubeconfig}
                metricsBindAddress: ""
                healthzBindAddress: ""
                {agentMore}
                """);
            var backends = RealBackends.Create() with { OpenDataplane = _ => Rig.Dataplane };
            _running = RunCommand.RunAsync(backends, Rig.Store, node, onceWithin: null, _stop.Token);
        }

        public Rig Rig { get; } = new();

        /// <summary>What `netagent status` would get.</summary>
        public JsonElement Status { get; private set; }

        public JsonElement[] Resources() => [.. Status.GetProperty("cluster").GetProperty("resources").EnumerateArray()];

        public Task UntilAsync(string what, Func<JsonElement, bool> isSo, int seconds = 60) => RealApiServer.UntilAsync($"{what}; last status: {Status}", async () =>
        {
            if (await StatusClient.StatusAsync(Path.Combine(Rig.Folder, "state"), TestContext.Current.CancellationToken) is not { } body)
            {
                return false;
            }
            Status = JsonDocument.Parse(body).RootElement;
            return isSo(Status);
        }, seconds);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
            await Rig.DisposeAsync();
        }
    }
}
