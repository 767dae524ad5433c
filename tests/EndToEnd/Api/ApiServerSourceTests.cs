using System.Diagnostics;
using NetAgent.Contracts;
using NetAgent.TestKit.Api;

namespace NetAgent.EndToEnd.Tests.Api;

[Collection("Api server"), Trait("Category", "Api")]
public sealed class ApiServerSourceTests(ApiServerFixture fixture)
{
    private readonly RealApiServer _server = fixture.Server;

    private static NamespacedName Named(string name) => new("default", name);

    private Follower Follow(string? kubeconfig = null, int pageSize = 500) =>
        new(new() { NodeName = "node-1", Kubeconfig = kubeconfig ?? _server.AdminKubeconfig, PageSize = pageSize });

    private Task<string> Apply(string json) => Objects.ApplyAsync(_server, json);

    [Fact]
    public async Task What_kubectl_creates_changes_and_deletes_is_followed()
    {
        await using var agent = Follow();
        await agent.Until("the first lists", s => s.Services.ContainsKey(Named("kubernetes")) && s.Node is not null);
        await Apply(Objects.Service("web"));
        await Apply(Objects.Slice("web-1", "web", "10.244.1.5"));
        await agent.Until("web", _ => agent.Addresses("web") == "10.244.1.5");
        await Apply(Objects.Slice("web-1", "web", "10.244.1.5", "10.244.1.6"));
        await agent.Until("the second endpoint", _ => agent.Addresses("web") == "10.244.1.5,10.244.1.6");
        await _server.KubectlAsync("label node node-1 topology.kubernetes.io/zone=zone-b --overwrite");
        await agent.Until("the zone", s => s.Node?.Zone == "zone-b");
        await _server.KubectlAsync("delete service web");
        await agent.Until("the end of web", s => !s.Services.ContainsKey(Named("web")));
        await _server.KubectlAsync("delete endpointslice web-1");
        Assert.All(agent.Source.Status, s => Assert.Equal(1, s.Lists));
        Assert.Empty(agent.Source.Problems);
    }

    [Fact]
    public async Task Other_proxies_Services_and_headless_slices_do_not_even_arrive()
    {
        const string OtherProxy = "\"service.kubernetes.io/service-proxy-name\": \"x\"", Headless = "\"service.kubernetes.io/headless\": \"\"";
        await Apply(Objects.Service("other").Replace("\"namespace\"", $"\"labels\": {{{OtherProxy}}}, \"namespace\"", StringComparison.Ordinal));
        await Apply(Objects.Slice("other-1", "other", "10.244.8.1").Replace("\"labels\": {", $"\"labels\": {{{OtherProxy}, ", StringComparison.Ordinal));
        await Apply(Objects.Slice("headless-1", "headless", "10.244.8.2").Replace("\"labels\": {", $"\"labels\": {{{Headless}, ", StringComparison.Ordinal));
        await using var agent = Follow();
        await agent.Until("the first lists", _ => true);
        Assert.DoesNotContain(Named("other"), agent.State.Services.Keys);
        // As kube-proxy since 1.35: of slices the headless ones only are left out.
        Assert.Equal(1, agent.Status("endpointslices").Objects);
        // Nor later, by the watch.
        await Apply(Objects.Slice("headless-1", "headless", "10.244.8.3").Replace("\"labels\": {", $"\"labels\": {{{Headless}, ", StringComparison.Ordinal));
        await Apply(Objects.Slice("seen-1", "seen", "10.244.8.4"));
        await RealApiServer.UntilAsync("the one to be seen", () => Task.FromResult(agent.Status("endpointslices").Objects > 1));
        Assert.Equal(2, agent.Status("endpointslices").Objects);
        await _server.KubectlAsync("delete service other");
        await _server.KubectlAsync("delete endpointslice --all");
    }

    [Fact]
    public async Task Lists_are_streamed_where_the_server_can()
    {
        Assert.SkipWhen(_server.IsOld, "kube-apiserver 1.20 has no streaming lists: point KUBEBUILDER_ASSETS at 1.32 or newer");
        await using var proxy = await FaultyProxy.StartAsync(_server);
        await using var agent = Follow(_server.WriteKubeconfig("streaming.conf", "{token: admin-token}", proxy.Url));
        await agent.Until("everything", s => s.Node is not null);
        Assert.All(proxy.Forwarded, f => Assert.Contains("sendInitialEvents=true", f.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Named_ConfigMaps_are_followed_and_others_are_not()
    {
        await _server.KubectlAsync("create configmap agent -n netagent-system --from-literal=agent.yaml=one");
        await _server.KubectlAsync("create configmap another -n netagent-system --from-literal=a=b");
        await using var agent = new Follower(new()
        {
            NodeName = "node-1",
            Kubeconfig = _server.AdminKubeconfig,
            ConfigMaps = [new("netagent-system", "agent"), new("netagent-system", "not-there")],
        });
        await agent.Until("the first lists", _ => true);
        Assert.Equal("one", Assert.Single(agent.Source.Store.Take(0).ConfigMaps).Value.Texts["agent.yaml"]);
        await _server.KubectlAsync("delete configmap agent -n netagent-system");
        await agent.Until("its end", _ => agent.Source.Store.Take(0).ConfigMaps.IsEmpty);
    }

    [Fact]
    public async Task Lists_are_read_in_pages()
    {
        for (var i = 0; i < 25; i++)
        {
            await _server.SendAsync(HttpMethod.Post, Objects.Slices, Objects.Slice($"page-{i}", "paged", $"10.244.2.{i}"));
        }
        await Apply(Objects.Service("paged"));
        await using var agent = Follow(pageSize: 4);
        await agent.Until("all pages", _ => agent.Addresses("paged").Split(',').Length == 25);
        Assert.Equal(1, agent.Status("endpointslices").Lists);
        await _server.KubectlAsync("delete service paged");
        await _server.KubectlAsync("delete endpointslice --all");
    }

    [Fact]
    public async Task Ten_kills_of_the_server_lose_nothing_and_remove_nothing()
    {
        await Apply(Objects.Service("kept"));
        await Apply(Objects.Slice("kept-1", "kept", "10.244.1.5"));
        await Apply(Objects.Slice("moving-1", "kept", "10.244.3.0"));
        await using var agent = Follow();
        await agent.Until("the first lists", _ => agent.Addresses("kept").Contains("10.244.3.0", StringComparison.Ordinal));
        for (var i = 1; i <= 10; i++)
        {
            _server.KillServer();
            await Task.Delay(Random.Shared.Next(50, 1000), TestContext.Current.CancellationToken);
            Assert.Contains("10.244.1.5", agent.Addresses("kept"), StringComparison.Ordinal);
            await _server.StartServerAsync();
            await _server.SendAsync(HttpMethod.Patch, $"{Objects.Slices}/moving-1", Objects.Patch($"10.244.3.{i}"), "application/merge-patch+json");
            var expected = $"10.244.1.5,10.244.3.{i}";
            await agent.Until($"convergence after kill {i}", _ => agent.Addresses("kept") == expected);
        }
        // Each change but the last was taken back by the next, and nothing else ever went.
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"default/kept 10.244.3.{i}"), agent.Removals);
        // A server that has just started knows nothing of the time before: it answers 410 to whoever is behind its newest revision, and
        // only then is a list read.
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join("; ", agent.Source.Status));
        Assert.All(agent.Source.Status, s => Assert.InRange(s.Lists, 1, 11));
        await _server.KubectlAsync("delete service kept");
        await _server.KubectlAsync("delete endpointslice --all");
    }

    [Fact]
    public async Task A_place_that_etcd_has_forgotten_means_a_new_list_and_no_flap()
    {
        await Apply(Objects.Service("stays"));
        await Apply(Objects.Slice("stays-1", "stays", "10.244.1.5"));
        await Apply(Objects.Service("goes"));
        await using var proxy = await FaultyProxy.StartAsync(_server);
        await using var agent = Follow(_server.WriteKubeconfig("gone.conf", "{token: admin-token}", proxy.Url));
        await agent.Until("the first lists", s => s.Services.ContainsKey(Named("goes")) && agent.Addresses("stays") == "10.244.1.5");
        proxy.IsCut = true;
        await _server.KubectlAsync("delete service goes");
        await Apply(Objects.Slice("stays-1", "stays", "10.244.1.5", "10.244.1.6"));
        for (var i = 0; i < 150; i++)
        {
            // The watch cache remembers some hundred events by itself; a restart and a compaction leave it nothing.
            await _server.SendAsync(HttpMethod.Patch, $"{Objects.Slices}/stays-1", $$"""{"metadata": {"annotations": {"n": "{{i}}"} } }""", "application/merge-patch+json");
        }
        _server.KillServer();
        await _server.StartServerAsync();
        await _server.CompactAsync();
        proxy.IsCut = false;
        await agent.Until("what changed meanwhile", s => !s.Services.ContainsKey(Named("goes")) && agent.Addresses("stays") == "10.244.1.5,10.244.1.6");
        Assert.True(agent.Status("endpointslices").Lists >= 2, "the server still knew the place: this test tests nothing");
        Assert.Equal(["default/goes"], agent.Removals);
        await _server.KubectlAsync("delete service stays");
        await _server.KubectlAsync("delete endpointslice --all");
    }

    [Fact]
    public async Task A_connection_that_is_only_half_there_is_noticed_by_its_pings()
    {
        await Apply(Objects.Service("half"));
        await Apply(Objects.Slice("half-1", "half", "10.244.6.1"));
        await using var relay = new FreezingRelay(_server.Port);
        await using var agent = Follow(_server.WriteKubeconfig("relay.conf", "{token: admin-token}", relay.Url));
        await agent.Until("the first lists", _ => agent.Addresses("half") == "10.244.6.1");
        Assert.Equal(1, relay.Connections);
        relay.Freeze();
        await Apply(Objects.Slice("half-1", "half", "10.244.6.2"));
        await agent.Until("the change over a new connection", _ => agent.Addresses("half") == "10.244.6.2");
        Assert.True(relay.Connections >= 2);
        Assert.Equal(1, agent.Status("endpointslices").Lists);
        await _server.KubectlAsync("delete service half");
        await _server.KubectlAsync("delete endpointslice --all");
    }

    [Fact]
    public async Task Events_show_in_kubectl_describe_and_repeats_only_count_up()
    {
        await using var agent = Follow();
        await agent.Until("the first lists", _ => true);
        for (var i = 0; i < 3; i++)
        {
            agent.Source.Events.Post(true, "IpvsMissing", "module ip_vs is not there: modprobe ip_vs");
        }
        await RealApiServer.UntilAsync("three writes", () => Task.FromResult(agent.Source.Events.Written == 3));
        var events = await _server.KubectlAsync("get events.events.k8s.io -A -o jsonpath={range.items[?(@.reason==\"IpvsMissing\")]}{.series.count},{.type},{.reportingController};{end}");
        Assert.Equal("3,Warning,netagent;", events);
        Assert.Contains("modprobe ip_vs", await _server.KubectlAsync("describe node node-1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_of_events_is_one_with_a_number_and_others_get_through()
    {
        await using var agent = Follow();
        await agent.Until("the first lists", _ => true);
        for (var i = 0; i < 60; i++)
        {
            agent.Source.Events.Post(true, "Flood", $"number {i}");
        }
        agent.Source.Events.Post(true, "AfterTheFlood", "dry land");
        await RealApiServer.UntilAsync("all to be dealt with", () => Task.FromResult(agent.Source.Events.Written == 5));
        Assert.Equal(0, agent.Source.Events.Dropped);
        var events = await _server.KubectlAsync("get events.events.k8s.io -A -o jsonpath={range.items[?(@.reason==\"Flood\")]}{.note};{end}");
        Assert.Equal(["57 more like this, e.g. number 3", "number 0", "number 1", "number 2"], events.Split(';', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        Assert.Contains("dry land", await _server.KubectlAsync("describe node node-1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_condition_is_written_when_asked_for()
    {
        await using var agent = Follow();
        await agent.Source.SetNodeConditionAsync(new("NetAgentReady", true, "Programmed", "all is well", TimeProvider.System.GetUtcNow()), TestContext.Current.CancellationToken);
        Assert.Equal("True", await _server.KubectlAsync("get node node-1 -o jsonpath={.status.conditions[?(@.type==\"NetAgentReady\")].status}"));
    }

    [Fact]
    public async Task A_changed_slice_is_in_the_store_within_milliseconds()
    {
        await Apply(Objects.Service("fast"));
        await Apply(Objects.Slice("fast-1", "fast", "10.244.4.0"));
        await using var agent = Follow();
        await agent.Until("fast", _ => agent.Addresses("fast") == "10.244.4.0");
        var times = new List<double>();
        for (var i = 1; i <= 40; i++)
        {
            var watch = Stopwatch.StartNew();
            var sent = _server.SendAsync(HttpMethod.Patch, $"{Objects.Slices}/fast-1", Objects.Patch($"10.244.4.{i}"), "application/merge-patch+json");
            await agent.Until($"change {i}", _ => agent.Addresses("fast") == $"10.244.4.{i}");
            times.Add(watch.Elapsed.TotalMilliseconds);
            await sent;
        }
        times.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine($"write to store, ms: p50 {times[20]:0.0}, p90 {times[36]:0.0}, max {times[^1]:0.0}");
        Assert.True(times[20] < 500, $"p50 {times[20]} ms");
        Assert.Equal(1, agent.Status("endpointslices").Lists);
        await _server.KubectlAsync("delete service fast");
        await _server.KubectlAsync("delete endpointslice --all");
    }
}
