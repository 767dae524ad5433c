using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NetAgent.Cluster.Api.Access;

namespace NetAgent.Cluster.Tests.Api;

public sealed class KubeconfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kubeconfig").FullName;

    private string Write(string users, string cluster = "server: 'https://192.0.2.1:6443'", string context = "{cluster: k, user: u}")
    {
        var path = Path.Combine(_folder, "config");
        File.WriteAllText(path, $$"""
            current-context: c
            contexts: [{name: c, context: {{context}} }, {name: other, context: {cluster: k2, user: u2} }]
            clusters: [{name: k, cluster: { {{cluster}} } }, {name: k2, cluster: {server: 'https://192.0.2.2'} }]
            users: [{name: u, user: { {{users}} } }, {name: u2, user: {username: me, password: pw} }]
            """);
        return path;
    }

    private static ClusterAccess Load(string path, string? context = null) => Kubeconfig.Load(path, context, TimeProvider.System);

    private static (string Certificate, string Key) Pair()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    [Fact]
    public async Task The_current_context_counts_unless_another_is_named()
    {
        var path = Write("token: abc");
        Assert.Equal("https://192.0.2.1:6443/", Load(path).Server.AbsoluteUri);
        Assert.Equal("Bearer abc", await Load(path).Credential.AuthorizationAsync(TestContext.Current.CancellationToken));
        var other = Load(path, "other");
        Assert.Equal("https://192.0.2.2/", other.Server.AbsoluteUri);
        Assert.Equal("Basic " + Base64("me:pw"), await other.Credential.AuthorizationAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Certificates_are_taken_from_data_or_from_files_beside_the_kubeconfig()
    {
        var (certificate, key) = Pair();
        File.WriteAllText(Path.Combine(_folder, "a.crt"), certificate);
        File.WriteAllText(Path.Combine(_folder, "a.key"), key);
        var fromFiles = Load(Write("client-certificate: a.crt, client-key: a.key", "server: 'https://192.0.2.1', certificate-authority: a.crt"));
        var fromData = Load(Write($"client-certificate-data: {Base64(certificate)}, client-key-data: {Base64(key)}",
            $"server: 'https://192.0.2.1', certificate-authority-data: {Base64(certificate)}"));
        Assert.Equal(fromFiles.Credential.Certificate!.Thumbprint, fromData.Credential.Certificate!.Thumbprint);
        Assert.True(fromData.Credential.Certificate.HasPrivateKey);
        Assert.Equal(fromFiles.Roots!()[0].Thumbprint, fromData.Roots!()[0].Thumbprint);
    }

    [Fact]
    public void Proxy_server_name_and_skipped_verification_are_read()
    {
        var access = Load(Write("token: t", "server: 'https://192.0.2.1', proxy-url: 'socks5://192.0.2.9:1080', tls-server-name: api, insecure-skip-tls-verify: true"));
        Assert.Equal(("socks5://192.0.2.9:1080/", "api", true), (access.Proxy!.AbsoluteUri, access.TlsServerName, access.SkipVerification));
    }

    [Theory]
    [InlineData("token: t", "server: ''", "{cluster: k, user: u}", "server")]
    [InlineData("token: t", "server: 'https://a'", "{cluster: nowhere, user: u}", "clusters holds no 'nowhere'")]
    [InlineData("token: t", "server: 'https://a'", "{cluster: k, user: nobody}", "users holds no 'nobody'")]
    [InlineData("token: t", "server: 'https://a', certificate-authority-data: '%'", "{cluster: k, user: u}", "certificate-authority-data: is not base64")]
    [InlineData("token: t", "server: 'https://a', certificate-authority-data: aGk=", "{cluster: k, user: u}", "no PEM certificate")]
    [InlineData("client-certificate-data: aGk=", "server: 'https://a'", "{cluster: k, user: u}", "must be given together")]
    [InlineData("client-certificate: x, client-key: y", "server: 'https://a'", "{cluster: k, user: u}", "cannot be read")]
    [InlineData("auth-provider: {name: gcp}", "server: 'https://a'", "{cluster: k, user: u}", "use an exec plugin")]
    [InlineData("exec: {apiVersion: v2, command: a}", "server: 'https://a'", "{cluster: k, user: u}", "exec.apiVersion 'v2' must be")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1}", "server: 'https://a'", "{cluster: k, user: u}", "exec.command must be given")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: a, interactiveMode: Always}", "server: 'https://a'", "{cluster: k, user: u}", "interactiveMode")]
    public void What_is_wrong_is_said_with_file_and_key(string user, string cluster, string context, string part)
    {
        var path = Write(user, cluster, context);
        var error = Assert.Throws<AccessException>(() => Load(path));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit 3", "ended with code 3: why")]
    [InlineData("echo no", "printed no ExecCredential")]
    [InlineData("echo '{\"status\":{}}'", "neither token nor certificate")]
    public async Task A_plugin_that_fails_is_named_with_what_it_said(string script, string part)
    {
        var plugin = Path.Combine(_folder, "plugin");
        await File.WriteAllTextAsync(plugin, $"#!/bin/sh\necho why >&2\n{script}\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var access = Load(Write("exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}"));
        var error = await Assert.ThrowsAsync<AccessException>(async () => await access.Credential.AuthorizationAsync(TestContext.Current.CancellationToken));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_may_hand_out_a_client_certificate()
    {
        var (certificate, key) = Pair();
        var plugin = Path.Combine(_folder, "plugin");
        var json = System.Text.Json.JsonSerializer.Serialize(new { status = new { clientCertificateData = certificate, clientKeyData = key } });
        await File.WriteAllTextAsync(plugin, $"#!/bin/sh\ncat <<'E'\n{json}\nE\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var credential = Load(Write("exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}")).Credential;
        Assert.Null(await credential.AuthorizationAsync(TestContext.Current.CancellationToken));
        Assert.True(credential.Certificate!.HasPrivateKey);
    }

    [Fact]
    public async Task A_token_file_that_vanishes_leaves_the_token_in_hand()
    {
        var token = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(token, "one", TestContext.Current.CancellationToken);
        var clock = new Clock();
        var credential = new FileTokenCredential(token, null, clock);
        Assert.Equal("Bearer one", await credential.AuthorizationAsync(TestContext.Current.CancellationToken));
        await File.WriteAllTextAsync(token, "two", TestContext.Current.CancellationToken);
        Assert.Equal("Bearer one", await credential.AuthorizationAsync(TestContext.Current.CancellationToken));
        clock.Now += TimeSpan.FromMinutes(1);
        Assert.Equal("Bearer two", await credential.AuthorizationAsync(TestContext.Current.CancellationToken));
        File.Delete(token);
        clock.Now += TimeSpan.FromMinutes(1);
        Assert.Equal("Bearer two", await credential.AuthorizationAsync(TestContext.Current.CancellationToken));
        credential.Refused();
        var error = await Assert.ThrowsAsync<AccessException>(async () => await credential.AuthorizationAsync(TestContext.Current.CancellationToken));
        Assert.Contains(token, error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
