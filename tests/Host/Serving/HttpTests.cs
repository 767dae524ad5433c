using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using NetAgent.Contracts;
using NetAgent.Host.Serving;
using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Serving;

public sealed class HttpTests
{
    private static readonly HttpClient Client = new();
    private readonly ManualTime _time = new();
    private readonly AgentMetrics _metrics = new();

    [Fact]
    public async Task Healthz_answers_as_kube_proxy_does()
    {
        var health = new ProxyHealth(_time);
        await using var server = await Serve(new HealthHandler(health, new(_time), _metrics).HandleAsync);

        var (code, body, response) = await Get(server.Port, "/healthz");

        Assert.Equal(HttpStatusCode.OK, code);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        using var json = JsonDocument.Parse(body);
        Assert.Equal(["lastUpdated", "currentTime", "nodeEligible"], json.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal(HttpStatusCode.NotFound, (await Get(server.Port, "/other")).Code);
    }

    [Fact]
    public async Task Healthz_fails_when_a_sync_is_pending_for_twice_its_period_and_recovers()
    {
        var health = new ProxyHealth(_time);
        await using var server = await Serve(new HealthHandler(health, new(_time), _metrics).HandleAsync);
        var started = _time.GetUtcNow();
        health.Queued();
        _time.Advance(TimeSpan.FromSeconds(59));
        health.Queued();
        Assert.Equal(HttpStatusCode.OK, (await Get(server.Port, "/healthz")).Code);

        _time.Advance(TimeSpan.FromSeconds(1));
        var (code, body, _) = await Get(server.Port, "/healthz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, code);
        using var json = JsonDocument.Parse(body);
        Assert.Equal(started, json.RootElement.GetProperty("lastUpdated").GetDateTimeOffset());

        health.Updated();
        Assert.Equal(HttpStatusCode.OK, (await Get(server.Port, "/healthz")).Code);
    }

    [Fact]
    public async Task Livez_is_the_loops_heartbeat_whatever_health_says()
    {
        var (health, heartbeat) = (new ProxyHealth(_time), new LoopHeartbeat(_time));
        await using var server = await Serve(new HealthHandler(health, heartbeat, _metrics).HandleAsync);
        health.Queued();
        heartbeat.Beat(TimeSpan.FromSeconds(60));
        _time.Advance(TimeSpan.FromSeconds(179));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Get(server.Port, "/healthz")).Code);
        Assert.Equal(HttpStatusCode.OK, (await Get(server.Port, "/livez")).Code);

        _time.Advance(TimeSpan.FromSeconds(1));
        var (code, body, _) = await Get(server.Port, "/livez");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, code);
        Assert.Equal("""{"loopLateSeconds":120}""", body);

        heartbeat.Beat(TimeSpan.Zero);
        Assert.Equal(HttpStatusCode.OK, (await Get(server.Port, "/livez")).Code);
    }

    [Fact]
    public async Task Readyz_waits_for_the_first_sync_which_healthz_as_kube_proxys_does_not()
    {
        var health = new ProxyHealth(_time);
        await using var server = await Serve(new HealthHandler(health, new(_time), _metrics).HandleAsync);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Get(server.Port, "/readyz")).Code);
        Assert.Equal(HttpStatusCode.OK, (await Get(server.Port, "/healthz")).Code);
        Assert.Equal(HttpStatusCode.OK, (await Get(server.Port, "/livez")).Code);

        health.Updated();
        var (code, body, _) = await Get(server.Port, "/readyz");
        Assert.Equal(HttpStatusCode.OK, code);
        Assert.Contains("\"programmed\":true", body.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);

        // A Node on its way out takes no new traffic from outside; the agent is as ready as before.
        health.NodeChanged(new() { Name = "node-1", IsBeingDeleted = true });
        Assert.Equal(HttpStatusCode.OK, (await Get(server.Port, "/readyz")).Code);
        health.Queued();
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Get(server.Port, "/readyz")).Code);
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "ToBeDeletedByClusterAutoscaler")]
    public async Task A_Node_on_its_way_out_fails_healthz_but_not_livez(bool isBeingDeleted, string taint)
    {
        var health = new ProxyHealth(_time);
        health.NodeChanged(new() { Name = "node-1", IsBeingDeleted = isBeingDeleted, TaintKeys = taint.Length > 0 ? [taint] : [] });
        await using var server = await Serve(new HealthHandler(health, new(_time), _metrics).HandleAsync);

        var (code, body, _) = await Get(server.Port, "/healthz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, code);
        Assert.Contains("\"nodeEligible\":false", body, StringComparison.Ordinal);

        var (live, liveBody, _) = await Get(server.Port, "/livez");
        Assert.Equal(HttpStatusCode.OK, live);
        Assert.DoesNotContain("nodeEligible", liveBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_metrics_server_has_kube_proxys_paths_and_counts_probes()
    {
        _metrics.Probed("healthz", 200);
        _metrics.NodeChanged(new() { Name = "n", Addresses = [InetAddress.Parse("10.0.0.1"), InetAddress.Parse("fd00::1")] });
        _metrics.SyncTook(TimeSpan.FromMilliseconds(3));
        _metrics.Changed(2, 3);
        _metrics.RestoreFailed(IpFamily.IPv6);
        await using var server = await Serve(new MetricsHandler(() => new(), _metrics, _time).HandleAsync);

        Assert.Equal("ipvs", (await Get(server.Port, "/proxyMode")).Body);
        Assert.Equal("ok", (await Get(server.Port, "/healthz")).Body);
        var (_, metrics, _) = await Get(server.Port, "/metrics");
        Assert.Contains("kubeproxy_proxy_healthz_total{code=\"200\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("kubeproxy_proxy_healthz_total{code=\"503\"} 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\",le=\"0.002\"} 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family=\"IPv6\",le=\"0.004\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\",le=\"16.384\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_proxy_rules_iptables_restore_failures_total{ip_family=\"IPv4\"} 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_proxy_rules_iptables_restore_failures_total{ip_family=\"IPv6\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_proxy_rules_service_changes_pending 2\n", metrics, StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_proxy_rules_endpoint_changes_pending 3\n", metrics, StringComparison.Ordinal);
        Assert.Matches("process_resident_memory_bytes [1-9][0-9]{6,}\n", metrics);
        Assert.Matches("process_open_fds [1-9]", metrics);
        Assert.Matches("process_start_time_seconds [1-9][0-9]{9}", metrics);
        Assert.Matches("process_cpu_seconds_total [0-9.]+\n", metrics);
    }

    [Fact]
    public async Task Every_family_is_announced_once_and_before_its_samples()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady}, {name: throws}]");
        rig.Plugins.Add("Steady");
        rig.Plugins.Add("Throws");
        await rig.RoundAsync();
        await using var server = await Serve(new MetricsHandler(() => rig.Loop.Snapshot, rig.Metrics, _time).HandleAsync);

        var (_, body, _) = await Get(server.Port, "/metrics");

        var announced = new HashSet<string>();
        foreach (var line in body.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Assert.True(announced.Add(line.Split(' ')[2]), line);
            }
            else if (line[0] != '#')
            {
                var name = line.Split('{', ' ')[0];
                Assert.Contains(announced, family => name == family || name == $"{family}_bucket" || name == $"{family}_sum" || name == $"{family}_count");
            }
        }
        Assert.Contains("netagent_plugin_state{plugin=\"throws\",state=\"backoff\"} 1\n", body, StringComparison.Ordinal);
        Assert.Contains("sample_calls 1\n", body, StringComparison.Ordinal);
    }

    [Fact]
    public void Label_values_are_escaped()
    {
        var text = new PrometheusText();
        text.Sample("x", 1, ("label", "a\"b\\c\nd"));
        Assert.Equal("x{label=\"a\\\"b\\\\c\\nd\"} 1\n", text.ToString());
    }

    [Fact]
    public async Task Status_is_the_same_over_the_local_socket()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady}]");
        rig.Plugins.Add("Steady");
        await rig.RoundAsync();
        await using var servers = new AgentServers(_time);
        await servers.ListenLocallyAsync(StatusClient.SocketPath(rig.Folder), new MetricsHandler(() => rig.Loop.Snapshot, _metrics, _time).HandleAsync);

        using var status = JsonDocument.Parse((await StatusClient.StatusAsync(rig.Folder, TestContext.Current.CancellationToken))!);

        Assert.Equal("Running", status.RootElement.GetProperty("plugins")[0].GetProperty("state").GetString());
        Assert.Equal("sysctl net/sample", status.RootElement.GetProperty("plugins")[0].GetProperty("claims")[0].GetString());
        Assert.Null(await StatusClient.StatusAsync("/nowhere", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_busy_port_is_a_notice_and_is_taken_when_it_is_free()
    {
        var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        await using var servers = new AgentServers(_time);
        using var stop = new CancellationTokenSource();
        var running = servers.RunAsync("healthzBindAddress", new(IPAddress.Loopback, port), new HealthHandler(new(_time), new(_time), _metrics).HandleAsync, stop.Token);
        await Until(() => servers.Notices.Count == 1);
        Assert.Contains($"healthzBindAddress 127.0.0.1:{port} cannot be served", servers.Notices[0].Message, StringComparison.Ordinal);

        holder.Stop();
        _time.Advance(AgentServers.RetryPeriod);
        await running;

        Assert.Empty(servers.Notices);
        Assert.Equal(HttpStatusCode.OK, (await Get(port, "/healthz")).Code);
    }

    [Fact]
    public async Task Health_check_node_ports_come_go_and_follow_their_Service()
    {
        var health = new ProxyHealth(_time);
        await using var servers = new HealthCheckServers(health, _time);
        using var stop = new CancellationTokenSource();
        var running = servers.RunAsync(stop.Token);
        var port = FreePort();
        servers.Update([Row(port, 2)]);
        await Until(() => IsOpen(port));

        var (code, body, response) = await Get(port, "/anything");
        Assert.Equal(HttpStatusCode.OK, code);
        Assert.Equal("{\n\t\"service\": {\n\t\t\"namespace\": \"default\",\n\t\t\"name\": \"web\"\n\t},\n\t\"localEndpoints\": 2,\n\t\"serviceProxyHealthy\": true\n}", body);
        Assert.Equal("2", response.Headers.GetValues("X-Load-Balancing-Endpoint-Weight").Single());

        servers.Update([Row(port, 0)]);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Get(port, "/")).Code);

        servers.Update([Row(port, 1)]);
        health.Queued();
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Contains("\"serviceProxyHealthy\": false", (await Get(port, "/")).Body, StringComparison.Ordinal);

        servers.Update([]);
        await Until(() => !IsOpen(port));
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_busy_health_check_node_port_is_a_notice_on_its_Service_and_others_are_served()
    {
        var holder = new TcpListener(IPAddress.IPv6Any, 0);
        holder.Server.DualMode = true;
        holder.Start();
        var busy = (ushort)((IPEndPoint)holder.LocalEndpoint).Port;
        await using var servers = new HealthCheckServers(new(_time), _time);
        using var stop = new CancellationTokenSource();
        var running = servers.RunAsync(stop.Token);
        var free = FreePort();
        servers.Update([Row(busy, 1), Row(free, 1)]);
        await Until(() => servers.Notices.Count == 1 && IsOpen(free));

        var notice = servers.Notices[0];
        Assert.Equal("FailedToStartServiceHealthcheck", notice.Reason);
        Assert.Equal(new NamespacedName("default", "web"), notice.Service);

        holder.Stop();
        _time.Advance(HealthCheckServers.RetryPeriod);
        await Until(() => servers.Notices.Count == 0);
        Assert.Equal(HttpStatusCode.OK, (await Get(busy, "/")).Code);
        await stop.CancelAsync();
        await running;
    }

    private static HealthCheckPort Row(ushort port, int endpoints) => new(port, new("default", "web"))
    {
        LocalEndpoints = endpoints,
        Addresses = [InetAddress.Parse("127.0.0.1")],
    };

    private static Task<HttpEndpoint> Serve(Microsoft.AspNetCore.Http.RequestDelegate handler) => HttpEndpoint.StartAsync([new IPEndPoint(IPAddress.Loopback, 0)], handler);

    private static async Task<(HttpStatusCode Code, string Body, HttpResponseMessage Response)> Get(int port, string path)
    {
        var response = await Client.GetAsync(new Uri($"http://127.0.0.1:{port}{path}"), TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response);
    }

    private static ushort FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return (ushort)((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static bool IsOpen(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task Until(Func<bool> condition)
    {
        for (var i = 0; i < 1000 && !condition(); i++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
        Assert.True(condition());
    }
}
