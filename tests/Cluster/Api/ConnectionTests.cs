using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using NetAgent.Cluster.Api;
using NetAgent.Cluster.Api.Access;
using static NetAgent.Cluster.Tests.Api.TestCertificates;

namespace NetAgent.Cluster.Tests.Api;

/// <summary>What goes over the wire: protocol, compression, certificates.</summary>
public sealed class ConnectionTests : IAsyncLifetime
{
    private readonly X509Certificate2 _authority = Authority("CN=ca");
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TlsServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TlsServer.StartAsync(Issue("CN=api", "api.example"), AnswerAsync);

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    // A watch says who watches, and once more when it may go on; a list of Nodes never answers before that; all else says how it was asked for.
    private async Task AnswerAsync(HttpContext context)
    {
        var subject = context.Connection.ClientCertificate?.Subject;
        if (context.Request.Path.Value!.EndsWith("/nodes", StringComparison.Ordinal))
        {
            await _goOn.Task;
        }
        else if (context.Request.Query.ContainsKey("watch"))
        {
            await context.Response.WriteAsync($"{subject}\n");
            await context.Response.Body.FlushAsync();
            await _goOn.Task;
            await context.Response.WriteAsync($"still {subject}\n");
            return;
        }
        context.Response.ContentType = "text/plain";
        await context.Response.WriteAsync($"{context.Request.Protocol} {context.Request.Headers.AcceptEncoding} {subject}");
    }

    private static async Task<string> Ask(ClusterAccess access)
    {
        using var client = new ApiClient(access, "test/1");
        return await Ask(client);
    }

    private static async Task<string> Ask(ApiClient client)
    {
        using var response = await Resource.Services.ListAsync(client, new(), TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private ClusterAccess Access() => new() { Server = _server.Url, Roots = () => [_authority], TlsServerName = "api.example" };

    [Fact]
    public async Task Http2_and_gzip_are_spoken_and_the_client_certificate_is_shown()
    {
        using var client = Issue("CN=agent", "agent");
        Assert.Equal("HTTP/2 gzip CN=agent", await Ask(Access() with { Credential = new StaticCredential(null, client) }));
        Assert.Equal("HTTP/2 gzip ", await Ask(Access()));
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused()
    {
        Assert.Contains("it is for api.example, 192.0.2.1, 2001:db8::1, not for other.example; name the server by one of them, or set the cluster's tls-server-name",
            await Refusal(Access() with { TlsServerName = "other.example" }), StringComparison.Ordinal);
        Assert.Contains("not for 127.0.0.1", await Refusal(Access() with { TlsServerName = null }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_either_family_is_a_server_name()
    {
        Assert.Equal("HTTP/2 gzip ", await Ask(Access() with { TlsServerName = "192.0.2.1" }));
        Assert.Equal("HTTP/2 gzip ", await Ask(Access() with { TlsServerName = "2001:db8::1" }));
        Assert.Contains("not for 2001:db8::2", await Refusal(Access() with { TlsServerName = "2001:db8::2" }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    [InlineData("socks5")]
    public async Task Each_scheme_that_a_kubeconfig_may_give_leads_to_the_proxy(string scheme)
    {
        using var proxy = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        var asked = Ask(Access() with { Proxy = new($"{scheme}://{proxy.LocalEndpoint}") });
        using (await proxy.AcceptTcpClientAsync(TestContext.Current.CancellationToken))
        {
        }
        proxy.Stop();
        await Assert.ThrowsAsync<HttpRequestException>(() => asked);
    }

    [Fact]
    public async Task A_proxy_that_asks_is_shown_its_user_and_password_and_nobody_else_is()
    {
        using var proxy = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        var heads = new List<string>();
        var asking = AskForUserAsync(proxy, heads);

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => Ask(Access() with { Proxy = new($"http://{proxy.LocalEndpoint}"), ProxyCredential = new("me", "secret") }));
        proxy.Stop();
        await asking;

        Assert.DoesNotContain("Proxy-Authorization", heads[0], StringComparison.Ordinal);
        Assert.Contains("Proxy-Authorization: Basic " + Convert.ToBase64String("me:secret"u8), heads[1], StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.ToString(), StringComparison.Ordinal);
    }

    private static async Task AskForUserAsync(System.Net.Sockets.TcpListener proxy, List<string> heads)
    {
        try
        {
            while (true)
            {
                using var client = await proxy.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
                using var reader = new StreamReader(client.GetStream());
                var head = "";
                while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { Length: > 0 } line)
                {
                    head += line + "\n";
                }
                heads.Add(head);
                await client.GetStream().WriteAsync("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"u8.ToArray(),
                    TestContext.Current.CancellationToken);
            }
        }
        catch (Exception stopped) when (stopped is System.Net.Sockets.SocketException or InvalidOperationException)
        {
            // Nobody asks any more.
        }
    }

    [Fact]
    public async Task An_unknown_authority_is_named_with_the_file_that_does_not_hold_it()
    {
        using var other = Authority("CN=other");
        using var namesake = Authority("CN=ca");
        var refusal = await Refusal(Access() with { Roots = () => [other], RootsFrom = "/etc/ca.crt" });
        Assert.Contains("its authority (CN=ca) is not one that /etc/ca.crt holds (CN=other)", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("tls-server-name", refusal, StringComparison.Ordinal);
        Assert.Contains("its authority (CN=ca) is not the one of that name that /etc/ca.crt holds", await Refusal(Access() with { Roots = () => [namesake], RootsFrom = "/etc/ca.crt" }), StringComparison.Ordinal);
        Assert.Contains("the system's store", await Refusal(Access() with { Roots = null }), StringComparison.Ordinal);
    }

    [Fact]
    public void An_expired_certificate_is_refused_with_its_dates()
    {
        using var expired = Issue("CN=api", "api.example", From, From.AddHours(1));
        var error = Assert.Throws<AccessException>(() => ServerTrust.Verify(Access(), expired, null, System.Net.Security.SslPolicyErrors.None));
        Assert.Contains($"it is valid from {From:yyyy-MM-dd HH:mm:ss}Z to {From.AddHours(1):yyyy-MM-dd HH:mm:ss}Z only; renew it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_verification_there_is_a_warning_for_as_long_as_it_is_so()
    {
        using var insecure = new ApiClient(Access() with { SkipVerification = true, Where = "/k: cluster 'c'" }, "test/1");
        Assert.StartsWith("/k: cluster 'c': insecure-skip-tls-verify: 'true': whoever answers", insecure.Risk!.ToString(), StringComparison.Ordinal);
        using var secure = new ApiClient(Access(), "test/1");
        Assert.Null(secure.Risk);
    }

    [Fact]
    public async Task A_renewed_client_certificate_is_shown_with_the_next_request_while_streams_under_the_old_one_go_on()
    {
        using var first = Issue("CN=first", "agent");
        using var second = Issue("CN=second", "agent");
        var credential = new Changing { Certificate = first };
        using var client = new ApiClient(Access() with { Credential = credential }, "test/1");
        using var watch = await Resource.Services.ListAsync(client, new() { Watch = true }, TestContext.Current.CancellationToken);
        using var lines = new StreamReader(await watch.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal("CN=first", await lines.ReadLineAsync(TestContext.Current.CancellationToken));

        credential.Certificate = second;
        Assert.EndsWith("CN=second", await Ask(client), StringComparison.Ordinal);
        _goOn.SetResult();
        Assert.Equal("still CN=first", await lines.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task How_long_a_credential_takes_does_not_count_as_the_servers_silence()
    {
        using var client = new ApiClient(Access() with { Credential = new Changing { Delay = TimeSpan.FromSeconds(5) } }, "test/1", watchLimit: TimeSpan.FromSeconds(4));
        using (await Resource.Services.ListAsync(client, new() { Watch = true }, TestContext.Current.CancellationToken))
        {
        }
        var error = await Assert.ThrowsAsync<TimeoutException>(() => Resource.Nodes.ListAsync(client, new() { Watch = true }, TestContext.Current.CancellationToken));
        Assert.Equal("no answer came within 4 s", error.Message);
        _goOn.SetResult();
    }

    [Fact]
    public async Task A_server_that_takes_connections_and_says_nothing_is_reported_with_the_time_that_was_waited()
    {
        using var mute = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        var error = await Assert.ThrowsAsync<TimeoutException>(() => Ask(Access() with { Server = new($"https://{mute.LocalEndpoint}") }));
        Assert.Equal("no connection could be made within 10 s", error.Message);
    }

    private sealed class Changing : ICredential
    {
        public X509Certificate2? Certificate { get; set; }

        public TimeSpan Delay { get; init; }

        public async ValueTask<string?> AuthorizationAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(Delay, cancellationToken);
            return null;
        }

        public void Refused()
        {
        }
    }

    private static async Task<string> Refusal(ClusterAccess access) =>
        FetchErrors.Describe(Resource.Services, await Assert.ThrowsAsync<HttpRequestException>(() => Ask(access))).Message;

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused_unless_verification_is_skipped()
    {
        using var other = Authority("CN=other");
        await Assert.ThrowsAsync<HttpRequestException>(() => Ask(Access() with { Roots = () => [other] }));
        Assert.StartsWith("HTTP/2", await Ask(Access() with { Roots = () => [other], SkipVerification = true }), StringComparison.Ordinal);
    }

    private X509Certificate2 Issue(string subject, string name, DateTimeOffset? from = null, DateTimeOffset? to = null) =>
        TestCertificates.Issue(_authority, subject, name, from, to);
}
