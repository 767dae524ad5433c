using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace NetAgent.Cluster.Tests.Api;

/// <summary>
/// An API server that says what the test tells it to: for faults that no real one shows on demand. Each resource has a queue of answers;
/// one with nothing left hangs, as a quiet watch does. Resources that the test does not care for are empty.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, Queue<Func<HttpContext, Task>>> _answers = [];

    private ScriptedServer(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    /// <summary>Path and query of the requests, in order, as <c>services?limit=500…</c>.</summary>
    public List<string> Requests { get; } = [];

    public List<string> Tokens { get; } = [];

    public static async Task<ScriptedServer> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, port));
        var server = new ScriptedServer(builder.Build());
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        server.Url = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return server;
    }

    public ScriptedServer On(string resource, params Func<HttpContext, Task>[] answers)
    {
        lock (_answers)
        {
            if (!_answers.TryGetValue(resource, out var queue))
            {
                _answers[resource] = queue = [];
            }
            foreach (var answer in answers)
            {
                queue.Enqueue(answer);
            }
        }
        return this;
    }

    public string[] RequestsFor(string resource)
    {
        lock (_answers)
        {
            return [.. Requests.Where(r => r.StartsWith(resource, StringComparison.Ordinal))];
        }
    }

    public static Func<HttpContext, Task> Says(string body, int status = 200, string? retryAfter = null) => context =>
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null)
        {
            context.Response.Headers.RetryAfter = retryAfter;
        }
        return context.Response.WriteAsync(body);
    };

    /// <summary>Refuses with a Status.</summary>
    public static Func<HttpContext, Task> Refuses(int code, string reason, string? retryAfter = null) =>
        Says($$"""{"kind":"Status","status":"Failure","message":"scripted","reason":"{{reason}}","code":{{code}}}""", code, retryAfter);

    /// <summary>A watch that brings these events and stays open.</summary>
    public static Func<HttpContext, Task> Watches(params string[] events) => async context =>
    {
        await SendAsync(context, string.Concat(events.Select(e => e + "\n")));
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
    };

    /// <summary>A response that breaks off.</summary>
    public static Func<HttpContext, Task> Breaks(string body) => async context =>
    {
        await SendAsync(context, body);
        await Task.Delay(200); // else the reset overtakes what was sent
        context.Abort();
    };

    public static string List(string version, string? next, params string[] items) =>
        $$"""{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"{{version}}"{{(next is null ? "" : $",\"continue\":\"{next}\"")}} },"items":[{{string.Join(",", items)}}]}""";

    public static string Event(string type, string item) => $$"""{"type":"{{type}}","object":{{item}}}""";

    public static string Service(string name, string version, int port = 80) =>
        $$"""{"metadata":{"name":"{{name}}","namespace":"default","resourceVersion":"{{version}}","managedFields":[{"x":{"y":[1,"]}"]} }]},"spec":{"clusterIP":"10.96.0.9","ports":[{"port":{{port}} }]} }""";

    public static string Bookmark(string version, bool endsInitial = false) =>
        Event("BOOKMARK", $$"""{"metadata":{"resourceVersion":"{{version}}"{{(endsInitial ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "")}} } }""");

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private static async Task SendAsync(HttpContext context, string text)
    {
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text));
        await context.Response.Body.FlushAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var resource = context.Request.Path.ToString().Split('/')[^1];
        Func<HttpContext, Task>? answer;
        lock (_answers)
        {
            Requests.Add(resource + Uri.UnescapeDataString(context.Request.QueryString.ToString()));
            Tokens.Add(context.Request.Headers.Authorization.ToString());
            answer = !_answers.TryGetValue(resource, out var queue) ? Default(context) : queue.Count > 0 ? queue.Dequeue() : Watches();
        }
        await answer(context);
    }

    private static Func<HttpContext, Task> Default(HttpContext context) =>
        context.Request.Query.ContainsKey("sendInitialEvents") ? Refuses(422, "Invalid")
        : context.Request.Query.ContainsKey("watch") ? Watches()
        : Says(List("1", null));
}
