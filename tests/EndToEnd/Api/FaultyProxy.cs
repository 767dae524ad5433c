using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NetAgent.TestKit.Api;

namespace NetAgent.EndToEnd.Tests.Api;

/// <summary>Stands before a real API server and does to its watches what no real server does on demand.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _server;
    private CancellationTokenSource _connections = new();
    private volatile bool _isCut;

    private FaultyProxy(WebApplication app, HttpClient server) => (_app, _server) = (app, server);

    public Uri Url { get; private set; } = null!;

    /// <summary>Since the proxy's start.</summary>
    public Stopwatch Age { get; } = Stopwatch.StartNew();

    /// <summary>Rewrites what a watch brings, line by line: none, one or several lines for each; null ends the response in the middle of it.</summary>
    public Func<string, IEnumerable<string?>> Rewrite { get; set; } = line => [line];

    /// <summary>Nothing comes through any more, and nothing says so: connections stay open.</summary>
    public volatile bool IsStuck;

    /// <summary>Watches opened since start.</summary>
    public int Watches;

    /// <summary>Answers the next requests with these statuses, as an overloaded server does: 429 with a Retry-After of a second.</summary>
    public ConcurrentQueue<int> Refusals { get; } = [];

    /// <summary>When each request came that was neither refused nor cut.</summary>
    public ConcurrentQueue<(string Path, TimeSpan At)> Forwarded { get; } = [];

    /// <summary>Ends the connections there are; new ones work.</summary>
    public void CutOnce() => (IsCut, IsCut) = (true, false);

    /// <summary>Connections end and new ones are refused.</summary>
    public bool IsCut
    {
        get => _isCut;
        set
        {
            _isCut = value;
            if (value)
            {
                _connections.Cancel();
                _connections = new();
            }
        }
    }

    public static async Task<FaultyProxy> StartAsync(RealApiServer server)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } }) { BaseAddress = server.Url };
        var proxy = new FaultyProxy(builder.Build(), client);
        proxy._app.Run(proxy.ForwardAsync);
        await proxy._app.StartAsync();
        proxy.Url = new(proxy._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _connections.CancelAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
        _server.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _connections.Token);
        if (_isCut)
        {
            context.Abort();
            return;
        }
        if (Refusals.TryDequeue(out var status))
        {
            context.Response.StatusCode = status;
            if (status == StatusCodes.Status429TooManyRequests)
            {
                context.Response.Headers.RetryAfter = "1";
            }
            await context.Response.WriteAsync($$"""{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "too many requests", "reason": "TooManyRequests", "code": {{status}}}""");
            return;
        }
        Forwarded.Enqueue((context.Request.Path + context.Request.QueryString.ToString(), Age.Elapsed));
        try
        {
            using var request = new HttpRequestMessage(new(context.Request.Method), context.Request.Path.ToString().TrimStart('/') + context.Request.QueryString);
            request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
            if (context.Request.ContentLength > 0)
            {
                request.Content = new StreamContent(context.Request.Body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(context.Request.ContentType!) } };
            }
            using var response = await _server.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            context.Response.StatusCode = (int)response.StatusCode;
            context.Response.ContentType = "application/json";
            await using var body = await response.Content.ReadAsStreamAsync(stop.Token);
            if (context.Request.Query["watch"] != "true")
            {
                await body.CopyToAsync(context.Response.Body, stop.Token);
                return;
            }
            Interlocked.Increment(ref Watches);
            await context.Response.Body.FlushAsync(stop.Token);
            using var lines = new StreamReader(body);
            while (await lines.ReadLineAsync(stop.Token) is { } line)
            {
                while (IsStuck)
                {
                    await Task.Delay(20, stop.Token);
                }
                foreach (var part in Rewrite(line))
                {
                    await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(part is null ? line[..(line.Length / 2)] : part + "\n"), stop.Token);
                    await context.Response.Body.FlushAsync(stop.Token);
                    if (part is null)
                    {
                        context.Abort();
                        return;
                    }
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException)
        {
            context.Abort();
        }
    }
}
