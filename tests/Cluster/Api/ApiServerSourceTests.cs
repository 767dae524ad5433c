using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using NetAgent.Contracts;
using static NetAgent.Cluster.Tests.Api.ScriptedServer;

namespace NetAgent.Cluster.Tests.Api;

public sealed partial class ApiServerSourceTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("api").FullName;
    private readonly LinesLog _log = new();
    private ScriptedServer _server = null!;
    private ApiServerSource _source = null!;
    private Task _run = Task.CompletedTask;

    public async ValueTask InitializeAsync() => _server = await ScriptedServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        await _source.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        _stop.Dispose();
    }

    private void Start(string user = "{}", TimeSpan? readIdleLimit = null, TimeSpan? longestBackoff = null, TimeProvider? time = null)
    {
        var kubeconfig = Path.Combine(_folder, "kubeconfig");
        File.WriteAllText(kubeconfig, $$"""
            current-context: c
            contexts: [{name: c, context: {cluster: k, user: u} }]
            clusters: [{name: k, cluster: {server: "{{_server.Url}}"} }]
            users: [{name: u, user: {{user}} }]
            """);
        _source = new(new()
        {
            NodeName = "node-1",
            Kubeconfig = kubeconfig,
            LongestBackoff = longestBackoff ?? TimeSpan.FromMilliseconds(50),
            ReadIdleLimit = readIdleLimit ?? TimeSpan.FromSeconds(30),
            WatchIdleLimit = TimeSpan.FromMilliseconds(300),
            Time = time ?? TimeProvider.System,
        }, _log);
        _run = _source.RunAsync(_stop.Token);
    }

    private IReadOnlyDictionary<string, ServiceEndpoints> Services =>
        _source.Store.Take(0).State.Services.ToDictionary(p => p.Key.Name, p => p.Value);

    private ResourceStatus Status => _source.Status.Single(s => s.Resource == "services");

    private async Task Until(string what, Func<bool> isSo)
    {
        for (var watch = Stopwatch.StartNew(); !isSo(); await Task.Delay(5))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(2), $"waited for {what}; requests: {string.Join(" ", _server.Requests)}; problems: {string.Join(" ", _source.Problems)}");
        }
    }

    [Fact]
    public async Task A_server_that_streams_lists_is_complete_with_its_bookmark_and_goes_on_as_the_same_watch()
    {
        _server.On("services", Watches(Event("ADDED", Service("a", "5")), Event("ADDED", Service("b", "3")), Bookmark("9", endsInitial: true), Event("ADDED", Service("c", "10"))));
        Start();
        await Until("c", () => Services.Count == 3 && _source.Store.IsComplete);
        var request = Assert.Single(_server.RequestsFor("services"));
        Assert.Contains("resourceVersionMatch=NotOlderThan&sendInitialEvents=true", request, StringComparison.Ordinal);
        Assert.Contains("fieldSelector=spec.clusterIP!=None&labelSelector=!service.kubernetes.io/service-proxy-name", request, StringComparison.Ordinal);
        // kube-proxy's since 1.35: a slice's own service-proxy-name does not count.
        Assert.All(_server.RequestsFor("endpointslices"), r => Assert.Contains("labelSelector=!service.kubernetes.io/headless", r.Split('&', '?')));
        Assert.NotEmpty(_server.RequestsFor("endpointslices"));
    }

    [Fact]
    public async Task Labels_asked_for_after_the_list_are_listed_anew()
    {
        var labelled = Service("a", "5").Replace("\"metadata\":{", "\"metadata\":{\"labels\":{\"app\":\"web\"},", StringComparison.Ordinal);
        string[] list = [Event("ADDED", labelled), Bookmark("9", endsInitial: true)];
        // A watch that is quiet for a while is resumed: each time with the same.
        _server.On("services", [.. Enumerable.Repeat(Watches(list), 50)]);
        Start();
        await Until("completeness", () => Services.ContainsKey("a") && _source.Store.IsComplete);
        Assert.Empty(Services["a"].Service.Labels);

        _source.Store.Want(new(["app"], []));
        await Until("the label", () => Services["a"].Service.Labels == [new Label("app", "web")] && _source.Store.Take(0).Kept.Covers(new(["app"], [])));
        Assert.Equal(2, _server.RequestsFor("services").Count(request => request.Contains("sendInitialEvents", StringComparison.Ordinal)));
        Assert.Single(_server.RequestsFor("nodes"), request => !request.Contains("watch=true", StringComparison.Ordinal));
        Assert.Empty(_source.Problems);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_is_no_gzip_is_asked_for_again_and_nothing_else_stops(bool isWatch)
    {
        Func<HttpContext, Task> broken = context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return context.Response.WriteAsync("this is not gzip");
        };
        var list = Watches(Event("ADDED", Service("a", "5")), Bookmark("9", endsInitial: true));
        _server.On("services", isWatch ? [Breaks(Event("ADDED", Service("a", "5")) + "\n" + Bookmark("9", endsInitial: true) + "\n"), broken, Watches(Event("ADDED", Service("b", "10")))]
            : [broken, list]);
        Start();
        await Until("it to be read", () => Services.ContainsKey(isWatch ? "b" : "a") && _source.Store.IsComplete);
        Assert.False(_run.IsCompleted);
    }

    [Fact]
    public async Task A_stream_list_that_ends_before_its_bookmark_is_no_list()
    {
        _server.On("services", Breaks(Event("ADDED", Service("a", "5")) + "\n"), Watches(Event("ADDED", Service("b", "6")), Bookmark("9", endsInitial: true)));
        Start();
        await Until("completeness", () => _source.Store.IsComplete);
        Assert.Equal(["b"], Services.Keys);
    }

    [Fact]
    public async Task An_old_server_is_asked_without_streaming_and_without_the_field_selector()
    {
        _server.On("services", Refuses(422, "Invalid"), Refuses(400, "BadRequest"), Says(List("7", null, Service("a", "1"))), Watches(Event("MODIFIED", Service("a", "8", 81))));
        Start();
        await Until("the change", () => Services.Values.Any(s => s.Service.Ports[0].Port == 81));
        var requests = _server.RequestsFor("services");
        Assert.DoesNotContain("fieldSelector", requests[2], StringComparison.Ordinal);
        Assert.Contains("limit=500", requests[2], StringComparison.Ordinal);
        Assert.Contains("resourceVersion=7", requests[3], StringComparison.Ordinal);
        Assert.Contains("allowWatchBookmarks=true", requests[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_complete_before_every_kind_was_listed()
    {
        _server.On("endpointslices", Refuses(422, "Invalid"), Refuses(503, "ServiceUnavailable", retryAfter: "1"), Says(List("7", null)));
        Start();
        await Until("services", () => Status.IsSynced);
        Assert.False(_source.Store.IsComplete);
        await Until("completeness", () => _source.Store.IsComplete);
    }

    [Fact]
    public async Task Pages_that_expire_are_followed_by_one_list_of_everything()
    {
        _server.On("services", Refuses(422, "Invalid"), Says(List("7", "next", Service("a", "1"))), Refuses(410, "Expired"), Says(List("9", null, Service("b", "2"))));
        Start();
        await Until("b", () => Status.IsSynced && Services.ContainsKey("b"));
        var requests = _server.RequestsFor("services");
        Assert.Contains("continue=next", requests[2], StringComparison.Ordinal);
        Assert.Contains("limit=0", requests[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_410_a_new_list_takes_out_only_what_is_gone_and_only_when_it_is_whole(bool asEvent)
    {
        const string Gone = """{"kind":"Status","status":"Failure","reason":"Expired","message":"too old resource version","code":410}""";
        var whole = new TaskCompletionSource();
        _server.On("services",
            Refuses(422, "Invalid"),
            Says(List("7", null, Service("stays", "1"), Service("goes", "2"))),
            asEvent ? Watches(Event("ERROR", Gone)) : Says(Gone, 410),
            Breaks("""{"metadata":{"resourceVersion":"19"},"items":[""" + Service("new", "12")),
            async context =>
            {
                await whole.Task;
                await Says(List("20", null, Service("new", "12"), Service("stays", "1")))(context);
            });
        Start();
        await Until("the broken list", () => Services.ContainsKey("new"));
        Assert.Equal(["goes", "new", "stays"], Services.Keys.Order());
        whole.SetResult();
        await Until("the whole one", () => Status.Lists == 2);
        Assert.Equal(["new", "stays"], Services.Keys.Order());
    }

    [Fact]
    public async Task A_watch_that_ends_or_breaks_resumes_at_the_last_bookmark_without_a_list()
    {
        _server.On("services",
            Refuses(422, "Invalid"),
            Says(List("7", null)),
            Says(Event("ADDED", Service("a", "8")) + "\n" + Bookmark("11") + "\n"),
            Breaks("{\"type\":\"ADDED\",\"object\":{\"meta"),
            Watches(Event("ADDED", Service("b", "12"))));
        Start();
        await Until("b", () => Services.Count == 2);
        Assert.All(_server.RequestsFor("services")[3..], r => Assert.Contains("resourceVersion=11", r, StringComparison.Ordinal));
        Assert.Equal(1, Status.Lists);
    }

    [Fact]
    public async Task A_silent_watch_on_a_server_that_sends_bookmarks_is_given_up()
    {
        _server.On("services", Refuses(422, "Invalid"), Says(List("7", null)), Watches(Bookmark("8")), Watches(Event("ADDED", Service("a", "9"))));
        Start();
        await Until("a", () => Services.ContainsKey("a"));
        Assert.Contains("resourceVersion=8", _server.RequestsFor("services")[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_stops_coming_is_given_up()
    {
        _server.On("services", Refuses(422, "Invalid"), Watches("""{"metadata":{"resourceVersion":"7"},"items":["""), Says(List("7", null, Service("a", "1"))));
        Start(readIdleLimit: TimeSpan.FromMilliseconds(300));
        await Until("a", () => Services.ContainsKey("a"));
    }

    [Fact]
    public async Task Rubbish_that_comes_again_and_again_ends_in_a_new_list()
    {
        _server.On("services", Refuses(422, "Invalid"), Says(List("7", null)),
            Watches("[]"), Watches("{}"), Watches("rubbish"), Watches("{\"type\":\"WHAT\"}"), Watches("null"), Says(List("9", null, Service("a", "8"))));
        Start();
        await Until("the second list", () => Status.Lists == 2);
    }

    [Fact]
    public async Task What_the_server_asks_us_to_wait_is_waited()
    {
        _server.On("services", Refuses(422, "Invalid"), Refuses(429, "TooManyRequests", retryAfter: "1"), Says(List("7", null)));
        var watch = Stopwatch.StartNew();
        Start();
        await Until("the list", () => Status.IsSynced);
        Assert.True(watch.Elapsed >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_server_that_comes_back_and_has_forgotten_the_place_is_listed_at_once()
    {
        var hasForgotten = false;
        Func<HttpContext, Task> away = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        _server.On("services", [Refuses(422, "Invalid"), Says(List("7", null, Service("a", "1"))), .. Enumerable.Repeat(away, 14),
            context =>
            {
                Volatile.Write(ref hasForgotten, true);
                return Refuses(410, "Expired")(context);
            },
            Says(List("20", null, Service("b", "19")))]);
        var time = new FakeTimeProvider();
        Start(longestBackoff: TimeSpan.FromDays(1), time: time);
        await Until("the 410", () =>
        {
            time.Advance(TimeSpan.FromMinutes(10));
            return Volatile.Read(ref hasForgotten);
        });
        // By now the waits have grown to an hour; what is left of the first one, 0.2 s, is all that may pass.
        var left = 50;
        await Until("b", () =>
        {
            time.Advance(TimeSpan.FromMilliseconds(left-- > 0 ? 200 : 0));
            return Services.ContainsKey("b");
        });
    }

    [Fact]
    public async Task A_missing_right_to_write_events_is_logged_once_and_refusals_are_counted()
    {
        _server.On("events", [.. Enumerable.Repeat(Refuses(403, "Forbidden"), 3), Says("{}"), Refuses(403, "Forbidden")]);
        Start();
        for (var i = 0; i < 3; i++)
        {
            _source.Events.Post(true, $"Reason{i}", "m");
        }
        await Until("refusals", () => _source.Events.Refused == 3);
        var line = Assert.Single(_log.Lines);
        Assert.Contains("allows create and patch of events.k8s.io events: scripted", line, StringComparison.Ordinal);
        // Granted, and taken back: that is news.
        _source.Events.Post(true, "Granted", "m");
        _source.Events.Post(true, "TakenBack", "m");
        await Until("the last", () => _source.Events.Refused == 4);
        Assert.Equal(1, _source.Events.Written);
        Assert.Equal(0, _source.Events.Dropped);
        Assert.Equal(2, _log.Lines.Count);
    }

    [Fact]
    public async Task A_problem_is_left_to_who_asks_for_problems_and_not_logged_as_well()
    {
        _server.On("services", [.. Enumerable.Repeat(Refuses(403, "Forbidden"), 1000)]);
        Start();
        await Until("the problem", () => _source.Problems.Count == 1);
        await Until("more tries", () => Status.Failures > 5);
        Assert.Single(_source.Problems);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task One_that_gets_through_calls_the_others_out_of_their_waits()
    {
        var isAway = true;
        var away = new TaskCompletionSource();
        var services = 0;
        Func<HttpContext, Task> gone = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        // Services fail until their waits are long; slices hang and get through when the server is back.
        _server.On("services", [.. Enumerable.Repeat<Func<HttpContext, Task>>(context =>
        {
            services++;
            return Volatile.Read(ref isAway) ? gone(context) : Says(List("7", null, Service("a", "1")))(context);
        }, 200)]);
        _server.On("endpointslices", Refuses(422, "Invalid"), gone, async context =>
        {
            await away.Task;
            await Says(List("7", null))(context);
        });
        var time = new FakeTimeProvider();
        Start(longestBackoff: TimeSpan.FromDays(1), time: time);
        await Until("many tries", () =>
        {
            time.Advance(TimeSpan.FromMinutes(10));
            return Volatile.Read(ref services) >= 14;
        });
        Volatile.Write(ref isAway, false);
        var tries = services;
        away.SetResult();
        // Waits have grown to an hour; the jitter of those who are called, 0.1 s, is all that may pass.
        var left = 50;
        await Until("services", () =>
        {
            time.Advance(TimeSpan.FromMilliseconds(left-- > 0 ? 100 : 0));
            return Volatile.Read(ref services) > tries;
        });
    }

    [Fact]
    public async Task A_bad_object_is_named_and_keeps_its_last_good_version()
    {
        _server.On("services", Refuses(422, "Invalid"), Says(List("7", null, Service("a", "1"))),
            Watches(Event("MODIFIED", Service("a", "8", 70000)), Event("ADDED", Service("b", "9"))));
        Start();
        await Until("b", () => Services.ContainsKey("b"));
        Assert.Equal(80, Services["a"].Service.Ports[0].Port);
        Assert.Equal("services, Service default/a: spec.ports[0].port: '70000': must be a port, a number from 1 to 65535; this port is left out", Assert.Single(_source.Problems).ToString());
    }

    [Fact]
    public async Task A_refused_token_is_read_again_at_once()
    {
        var file = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(file, "old\n", TestContext.Current.CancellationToken);
        _server.On("services", Refuses(422, "Invalid"), Says(List("7", null)), async context =>
        {
            await File.WriteAllTextAsync(file, "new\n");
            await Refuses(401, "Unauthorized")(context);
        }, Watches(Event("ADDED", Service("a", "8"))));
        Start("{tokenFile: token}");
        await Until("a", () => Services.ContainsKey("a"));
        Assert.Contains("Bearer new", _server.Tokens);
        Assert.All(_source.Problems, problem => Assert.Equal(ProblemReason.TlsNotVerified, problem.Reason)); // http, within this machine
    }

    [Fact]
    public async Task An_exec_plugin_is_asked_for_a_token_and_again_when_it_has_expired()
    {
        var plugin = Path.Combine(_folder, "plugin");
        await File.WriteAllTextAsync(plugin, $$"""
            #!/bin/sh
            echo x >>{{_folder}}/calls
            case $KUBERNETES_EXEC_INFO in *'"interactive":false'*) ;; *) exit 1 ;; esac
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$1-$WHO'","expirationTimestamp":"2020-01-01T00:00:00Z"} }'
            """, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Start("{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [hello], env: [{name: WHO, value: you}], interactiveMode: Never}}");
        await Until("completeness", () => _source.Store.IsComplete);
        Assert.All(_server.Tokens, t => Assert.Equal("Bearer hello-you", t));
        Assert.True((await File.ReadAllLinesAsync(Path.Combine(_folder, "calls"), TestContext.Current.CancellationToken)).Length > 1);
    }

    [Fact]
    public async Task A_list_whose_metadata_comes_last_is_read_too()
    {
        _server.On("services", Refuses(422, "Invalid"), Says($$"""{"apiVersion":"v1","items":[{{Service("a", "1")}}],"kind":"List","metadata":{"resourceVersion":"7"} }"""),
            Watches(Event("ADDED", Service("b", "8"))));
        Start();
        await Until("b", () => Services.Count == 2);
    }
}
