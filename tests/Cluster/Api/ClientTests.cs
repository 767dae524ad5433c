using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using NetAgent.Cluster.Api;
using NetAgent.Cluster.Api.Access;
using NetAgent.Cluster.Api.Events;
using static NetAgent.Cluster.Tests.Api.ScriptedServer;
using static NetAgent.Cluster.Tests.Api.TestCertificates;

namespace NetAgent.Cluster.Tests.Api;

/// <summary>What KubernetesClient leaves to us, or does otherwise: trust, rotation, refusals, times.</summary>
public sealed class ClientTests : IDisposable
{
    private const string Trusted = "netagent-trusted-";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("client");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_certificate_that_the_system_trusts_is_refused_beside_a_CA()
    {
        // OpenSSL's store is read once a process, so a process of its own reads ours.
        if (Environment.GetEnvironmentVariable("SSL_CERT_FILE") is not { } file || !file.Contains(Trusted, StringComparison.Ordinal))
        {
            await AsProcessThatTrustsAsync(Authority("CN=of the system"), nameof(A_certificate_that_the_system_trusts_is_refused_beside_a_CA));
            return;
        }
        using var authority = X509Certificate2.CreateFromPemFile(file, Path.ChangeExtension(file, "key"));
        using var other = Authority("CN=of the cluster");
        await using var server = await TlsServer.StartAsync(Issue(authority, "CN=api", "api.example"), context => context.Response.WriteAsync("in"));
        var access = new ClusterAccess { Server = server.Url, TlsServerName = "api.example" };
        Assert.Equal("in", await AskAsync(access));
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(access with { Roots = () => [other], RootsFrom = "/etc/ca.crt" }));
        Assert.Contains("its authority (CN=of the system) is not one that /etc/ca.crt holds (CN=of the cluster)", FetchErrors.Describe(Resource.Services, refused).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_headers_of_a_quiet_watch_arrive_at_once()
    {
        var over = new TaskCompletionSource();
        using var authority = Authority("CN=ca");
        await using var server = await TlsServer.StartAsync(Issue(authority, "CN=api", "api.example"), async context =>
        {
            await context.Response.Body.FlushAsync();
            await over.Task;
        });
        using var client = new ApiClient(new() { Server = server.Url, TlsServerName = "api.example", Roots = () => [authority] }, "test/1");
        // Nothing is sent before this has returned.
        using var watch = await Resource.EndpointSlices.ListAsync(client, new() { Watch = true }, Cancelled);
        Assert.True(watch.IsSuccessStatusCode);
        over.SetResult();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refusal_with_an_endless_body_is_a_refusal_and_is_hung_up_on(bool comes)
    {
        var hungUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await ScriptedServer.StartAsync();
        server.On("services", async context =>
        {
            context.RequestAborted.Register(hungUp.SetResult);
            context.Response.StatusCode = 403;
            await context.Response.WriteAsync("""{"kind":"Status","message":" """);
            await context.Response.Body.FlushAsync();
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await (comes ? context.Response.WriteAsync(new string('x', 4096)) : hungUp.Task);
            }
        });
        using var client = new ApiClient(new() { Server = new(server.Url) }, "test/1");
        var refused = await Assert.ThrowsAsync<ApiException>(() => Resource.Services.ListAsync(client, new(), Cancelled));
        Assert.Equal((HttpStatusCode.Forbidden, false), (refused.Status, refused.IsStatus));
        await hungUp.Task.WaitAsync(Cancelled);
    }

    [Fact]
    public async Task A_client_certificate_renewed_on_disk_is_shown_with_the_next_request_and_watches_under_the_old_one_go_on()
    {
        var goOn = new TaskCompletionSource();
        using var authority = Authority("CN=ca");
        await using var server = await TlsServer.StartAsync(Issue(authority, "CN=api", "127.0.0.1"), async context =>
        {
            await context.Response.WriteAsync($"{context.Connection.ClientCertificate?.Subject}\n");
            await context.Response.Body.FlushAsync();
            if (context.Request.Query.ContainsKey("watch"))
            {
                await goOn.Task;
                await context.Response.WriteAsync($"still {context.Connection.ClientCertificate?.Subject}\n");
            }
        });
        Swap("first");
        await File.WriteAllTextAsync(PathOf("ca.crt"), authority.ExportCertificatePem(), Cancelled);
        await File.WriteAllTextAsync(PathOf("kubeconfig"), $$"""
            current-context: c
            contexts: [{name: c, context: {cluster: k, user: u} }]
            clusters: [{name: k, cluster: {server: "{{server.Url}}", certificate-authority: ca.crt, tls-server-name: 192.0.2.1} }]
            users: [{name: u, user: {client-certificate: client.pem, client-key: client.pem} }]
            """, Cancelled);
        using var client = ApiServerSource.Connect(new() { NodeName = "n", Kubeconfig = PathOf("kubeconfig") });
        using var watch = await Resource.Services.ListAsync(client, new() { Watch = true }, Cancelled);
        using var lines = new StreamReader(await watch.Content.ReadAsStreamAsync(Cancelled));
        Assert.Equal("CN=first", await lines.ReadLineAsync(Cancelled));
        Swap("second");
        Assert.Equal("CN=second\n", await AskAsync(client));
        goOn.SetResult();
        Assert.Equal("still CN=first", await lines.ReadLineAsync(Cancelled));

        // As the kubelet does: certificate and key in one file, replaced by rename.
        void Swap(string name)
        {
            using var certificate = Issue(authority, $"CN={name}", name);
            File.WriteAllText(PathOf("new.pem"), certificate.ExportCertificatePem() + "\n" + certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
            File.Move(PathOf("new.pem"), PathOf("client.pem"), overwrite: true);
        }
    }

    [Fact]
    public async Task A_certificate_that_is_refused_is_renewed_and_the_new_one_shown_over_a_connection_of_its_own()
    {
        using var authority = Authority("CN=ca");
        await using var server = await TlsServer.StartAsync(Issue(authority, "CN=api", "api.example"), context =>
        {
            context.Response.StatusCode = context.Connection.ClientCertificate?.Subject == "CN=good" ? 200 : 401;
            return context.Response.WriteAsync("in");
        });
        var credential = new Renewing(Issue(authority, "CN=over", "over"), Issue(authority, "CN=good", "good"));
        using var client = new ApiClient(new() { Server = server.Url, TlsServerName = "api.example", Roots = () => [authority], Credential = credential }, "test/1");
        Assert.Equal("in", await AskAsync(client));
    }

    [Theory]
    [InlineData(0, "2026-11-28T09:00:00.000000Z")]
    [InlineData(7, "2026-11-28T09:00:00.000000Z")]
    [InlineData(12_345_678, "2026-11-28T09:00:01.234567Z")]
    public async Task An_event_has_the_fields_that_kubectl_describe_needs_and_times_with_six_digits(long ticks, string time)
    {
        var bodies = new List<(string Type, string Body)>();
        await using var server = await ScriptedServer.StartAsync();
        Func<HttpContext, Task> take = async context =>
        {
            bodies.Add((context.Request.ContentType!, await new StreamReader(context.Request.Body).ReadToEndAsync()));
            await Says("not read")(context);
        };
        server.On("events", take).On("one", take);
        using var client = new ApiClient(new() { Server = new(server.Url) }, "test/1");
        var at = new DateTimeOffset(2026, 11, 28, 10, 0, 0, TimeSpan.FromHours(1)).AddTicks(ticks);
        var writer = new EventWriter(client, new(client.Server, TimeProvider.System), "node-1", TimeProvider.System, NullLogger.Instance);
        var series = new EventSeries("one", at);
        Assert.Equal(EventOutcome.Written, await writer.WriteAsync(new(true, "Conflict", "of two", at), series, isRepeat: false, Cancelled));
        series.Count++;
        Assert.Equal(EventOutcome.Written, await writer.WriteAsync(new(true, "Conflict", "of two", at), series, isRepeat: true, Cancelled));

        Assert.StartsWith("application/json", bodies[0].Type, StringComparison.Ordinal);
        AssertSame($$"""
            {"metadata":{"name":"one","namespace":"default"},"eventTime":"{{time}}","reportingController":"netagent","reportingInstance":"node-1","action":"Conflict",
             "reason":"Conflict","type":"Warning","note":"of two","regarding":{"apiVersion":"v1","kind":"Node","name":"node-1","uid":"node-1"} }
            """, bodies[0].Body);
        Assert.StartsWith("application/merge-patch+json", bodies[1].Type, StringComparison.Ordinal);
        AssertSame($$"""{"series":{"count":2,"lastObservedTime":"{{time}}"} }""", bodies[1].Body);
    }

    [Fact]
    public async Task A_condition_is_a_strategic_patch_of_that_condition_alone()
    {
        var sent = "";
        await using var server = await ScriptedServer.StartAsync();
        server.On("status", async context =>
        {
            sent = $"{context.Request.Method} {context.Request.Path} {context.Request.ContentType} {await new StreamReader(context.Request.Body).ReadToEndAsync()}";
            await Says("not read")(context);
        });
        await File.WriteAllTextAsync(PathOf("kubeconfig"), $$"""
            current-context: c
            contexts: [{name: c, context: {cluster: k} }]
            clusters: [{name: k, cluster: {server: "{{server.Url}}"} }]
            """, Cancelled);
        var clock = new Clock { Now = TimeSpan.FromDays(1) };
        await using var source = new ApiServerSource(new() { NodeName = "node-1", Kubeconfig = PathOf("kubeconfig"), Time = clock });
        await source.SetNodeConditionAsync(new("NetAgentReady", null, "Starting", "not yet", null), Cancelled);
        const string Head = "PATCH /api/v1/nodes/node-1/status application/strategic-merge-patch+json; charset=utf-8 ";
        Assert.StartsWith(Head, sent, StringComparison.Ordinal);
        AssertSame("""
            {"status":{"conditions":[{"type":"NetAgentReady","status":"Unknown","reason":"Starting","message":"not yet","lastHeartbeatTime":"1970-01-02T00:00:00.000000Z"}]} }
            """, sent[Head.Length..]);
    }

    private static void AssertSame(string expected, string actual)
    {
        using var wanted = JsonDocument.Parse(expected);
        using var found = JsonDocument.Parse(actual);
        Assert.True(JsonElement.DeepEquals(wanted.RootElement, found.RootElement), actual);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private static async Task<string> AskAsync(ClusterAccess access)
    {
        using var client = new ApiClient(access, "test/1");
        return await AskAsync(client);
    }

    private static async Task<string> AskAsync(ApiClient client)
    {
        using var response = await Resource.Services.ListAsync(client, new(), Cancelled);
        return await response.Content.ReadAsStringAsync(Cancelled);
    }

    private static async Task AsProcessThatTrustsAsync(X509Certificate2 authority, string test)
    {
        var folder = Directory.CreateTempSubdirectory(Trusted);
        var file = Path.Combine(folder.FullName, "ca.crt");
        await File.WriteAllTextAsync(file, authority.ExportCertificatePem(), Cancelled);
        await File.WriteAllTextAsync(Path.ChangeExtension(file, "key"), authority.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem(), Cancelled);
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-method", $"*{test}"]) { RedirectStandardOutput = true };
        start.Environment["SSL_CERT_FILE"] = file;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(Cancelled);
        await process.WaitForExitAsync(Cancelled);
        folder.Delete(recursive: true);
        Assert.True(process.ExitCode == 0 && output.Contains("Total: 1", StringComparison.Ordinal), output);
    }

    private sealed class Renewing(X509Certificate2 before, X509Certificate2 after) : ICredential
    {
        public X509Certificate2? Certificate { get; private set; } = before;

        public ValueTask<string?> AuthorizationAsync(CancellationToken cancellationToken) => new((string?)null);

        public void Refused() => Certificate = after;
    }
}
