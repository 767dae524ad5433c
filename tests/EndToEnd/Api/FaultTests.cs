using NetAgent.Cluster;
using NetAgent.TestKit.Api;

namespace NetAgent.EndToEnd.Tests.Api;

/// <summary>A real API server behind a proxy that misbehaves.</summary>
[Collection("Api server"), Trait("Category", "Api")]
public sealed class FaultTests(ApiServerFixture fixture) : IAsyncLifetime
{
    private readonly RealApiServer _server = fixture.Server;
    private FaultyProxy _proxy = null!;
    private Follower _agent = null!;

    public async ValueTask InitializeAsync()
    {
        await Objects.ApplyAsync(_server, Objects.Service("web"));
        await Objects.ApplyAsync(_server, Objects.Slice("web-1", "web", "10.244.5.0"));
        _proxy = await FaultyProxy.StartAsync(_server);
        _agent = new(new()
        {
            NodeName = "node-1",
            Kubeconfig = _server.WriteKubeconfig("faulty.conf", "{token: admin-token}", _proxy.Url),
            WatchIdleLimit = TimeSpan.FromSeconds(2),
        });
        await _agent.Until("the first lists", _ => _agent.Addresses("web") == "10.244.5.0");
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _proxy.DisposeAsync();
        await _server.KubectlAsync("delete service web");
        await _server.KubectlAsync("delete endpointslice --all");
    }

    private Task Change(int i) =>
        _server.SendAsync(HttpMethod.Patch, $"{Objects.Slices}/web-1", Objects.Patch($"10.244.5.{i}"), "application/merge-patch+json");

    private Task Seen(int i) => _agent.Until($"10.244.5.{i}", _ => _agent.Addresses("web") == $"10.244.5.{i}");

    [Fact]
    public async Task An_event_cut_in_the_middle_comes_again_and_no_list_is_read()
    {
        var cuts = 3;
        _proxy.Rewrite = line => [line.Contains("10.244.5.1\"", StringComparison.Ordinal) && Interlocked.Decrement(ref cuts) >= 0 ? null : line];
        await Change(1);
        await Seen(1);
        Assert.True(cuts < 0, "nothing was cut");
        Assert.Equal(1, _agent.Status("endpointslices").Lists);
        Assert.Single(_agent.Removals); // the change itself
    }

    [Fact]
    public async Task A_server_that_is_overloaded_is_left_alone_for_as_long_as_it_asks_and_the_watch_resumes()
    {
        // Five: each of three watches that were cut is refused once at least, most of them 429, one 503 without a wish of its own.
        foreach (var status in (int[])[429, 429, 503, 429, 429])
        {
            _proxy.Refusals.Enqueue(status);
        }
        _proxy.Forwarded.Clear();
        var cut = _proxy.Age.Elapsed;
        _proxy.CutOnce();
        await Change(8);
        await Seen(8);
        Assert.Empty(_proxy.Refusals);
        Assert.All(_proxy.Forwarded, f => Assert.Contains("watch=true", f.Path, StringComparison.Ordinal));
        var last = _proxy.Forwarded.Max(f => f.At) - cut;
        Assert.True(last >= TimeSpan.FromSeconds(1), $"all watches were back after {last}");
        Assert.Equal(1, _agent.Status("endpointslices").Lists);
        // The proxy speaks plain http, and that is said for as long as it is so.
        await RealApiServer.UntilAsync("no problem to be left", () => Task.FromResult(_agent.Source.Problems.All(problem => problem.Reason == NetAgent.Cluster.ProblemReason.TlsNotVerified)));
    }

    [Fact]
    public async Task Rubbish_in_the_stream_ends_the_watch_and_not_the_agent()
    {
        var rubbish = 2;
        _proxy.Rewrite = line => Interlocked.Decrement(ref rubbish) >= 0 ? ["{\"type\": 3}", line] : [line];
        await Change(2);
        await Seen(2);
        Assert.True(_agent.Source.Status.Sum(s => s.Failures) > 0);
        Assert.Equal(1, _agent.Status("endpointslices").Lists);
    }

    [Fact]
    public async Task Events_that_come_twice_and_in_the_wrong_order_do_not_turn_time_back()
    {
        var held = new List<string>();
        _proxy.Rewrite = line =>
        {
            if (!line.Contains("web-1", StringComparison.Ordinal))
            {
                return [line];
            }
            held.Add(line);
            return held.Count < 3 ? [] : [held[2], held[1], held[0], held[2], held[0]];
        };
        await Change(3);
        await Change(4);
        await Change(5);
        await Seen(5);
        _proxy.Rewrite = line => [line];
        await Objects.ApplyAsync(_server, Objects.Service("after"));
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Equal("10.244.5.5", _agent.Addresses("web"));
        // Straight from 0 to 5, and never back.
        Assert.Equal(["default/web 10.244.5.0"], _agent.Removals);
        await _server.KubectlAsync("delete service after");
    }

    [Fact]
    public async Task A_deleted_object_is_not_brought_back_by_a_late_event()
    {
        string? old = null;
        _proxy.Rewrite = line =>
        {
            if (line.Contains("\"MODIFIED\"", StringComparison.Ordinal) && line.Contains("web-1", StringComparison.Ordinal))
            {
                old = line;
            }
            return line.Contains("\"DELETED\"", StringComparison.Ordinal) && old is not null ? [line, old, line] : [line];
        };
        await Change(6);
        await Seen(6);
        await _server.KubectlAsync("delete endpointslice web-1");
        await _agent.Until("the end of the endpoints", _ => _agent.Addresses("web").Length == 0);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Equal("", _agent.Addresses("web"));
    }

    [Fact]
    public async Task An_event_from_when_the_server_is_away_arrives_once_it_is_back()
    {
        _proxy.IsCut = true;
        _agent.Source.Events.Post(true, "Meanwhile", "said to nobody");
        await RealApiServer.UntilAsync("the outage to be noticed", () => Task.FromResult(_agent.Source.Problems.Any(problem => problem.Reason == ProblemReason.ApiServerUnreachable)));
        _proxy.IsCut = false;
        await RealApiServer.UntilAsync("the event", () => Task.FromResult(_agent.Source.Events.Written == 1));
        Assert.Equal(0, _agent.Source.Events.Dropped);
        Assert.Contains("said to nobody", await _server.GetAsync("apis/events.k8s.io/v1/events"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_that_is_stuck_is_noticed_and_taken_up_elsewhere()
    {
        // The server sends bookmarks about once a minute; one is made up here, so that silence means something at once.
        _proxy.Rewrite = line => [line, """{"type":"BOOKMARK","object":{"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":{"resourceVersion":"1"}}}"""];
        await Change(7);
        await Seen(7);
        _proxy.IsStuck = true;
        var before = _proxy.Watches;
        await Change(8);
        await RealApiServer.UntilAsync("a new watch", () => Task.FromResult(_proxy.Watches > before), seconds: 20);
        Assert.Equal("10.244.5.7", _agent.Addresses("web"));
        _proxy.IsStuck = false;
        await Seen(8);
        Assert.Equal(1, _agent.Status("endpointslices").Lists);
    }
}
