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
        File.WriteAllText(Path.Combine(_folder, "a.crt"), Pair().Certificate);
        Assert.NotEqual(fromFiles.Roots!()[0].Thumbprint, fromData.Roots!()[0].Thumbprint);
    }

    [Fact]
    public void Proxy_server_name_and_skipped_verification_are_read()
    {
        var access = Load(Write("token: t", "server: 'https://192.0.2.1', proxy-url: 'socks5://192.0.2.9:1080', tls-server-name: api, insecure-skip-tls-verify: true"));
        Assert.Equal(("socks5://192.0.2.9:1080/", "api", true), (access.Proxy!.AbsoluteUri, access.TlsServerName, access.SkipVerification));
    }

    [Fact]
    public async Task A_user_and_password_in_a_URL_are_shown_to_whom_it_leads_to_and_are_no_part_of_the_address()
    {
        var access = Load(Write("", "server: 'https://me:p%40ss@api.example:6443/k', proxy-url: 'http://you:secret@192.0.2.9:3128'"));
        Assert.Equal(("https://api.example:6443/k", "http://192.0.2.9:3128/"), (access.Server.AbsoluteUri, access.Proxy!.AbsoluteUri));
        Assert.Equal("Basic " + Base64("me:p@ss"), await access.Credential.AuthorizationAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("you", "secret"), (access.ProxyCredential!.UserName, access.ProxyCredential.Password));

        var token = Load(Write("token: abc", "server: 'https://me:pass@api.example'"));
        Assert.Equal("Bearer abc", await token.Credential.AuthorizationAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("http://p:3128", "api.example")]
    [InlineData("https://p", "192.0.2.1")]
    [InlineData("SOCKS5://[2001:db8::1]:1080", "2001:db8::1")]
    public void A_proxy_has_each_scheme_of_client_go_and_names_and_addresses_are_server_names(string proxy, string serverName)
    {
        var access = Load(Write("token: t", $"server: 'https://192.0.2.1', proxy-url: '{proxy}', tls-server-name: '{serverName}'"));
        Assert.Equal((new Uri(proxy), serverName), (access.Proxy, access.TlsServerName));
    }

    [Fact]
    public void Certificate_files_that_are_renewed_by_rename_count_with_the_next_look_and_half_a_renewal_leaves_the_old_pair()
    {
        var (first, second) = (Pair(), Pair());
        void Swap(string name, string text)
        {
            File.WriteAllText(Path.Combine(_folder, name + ".new"), text);
            File.Move(Path.Combine(_folder, name + ".new"), Path.Combine(_folder, name), overwrite: true);
        }
        Swap("a.crt", first.Certificate);
        Swap("a.key", first.Key);
        var credential = Load(Write("client-certificate: a.crt, client-key: a.key")).Credential;
        var before = credential.Certificate!.Thumbprint;

        Swap("a.crt", second.Certificate);
        Assert.Equal(before, credential.Certificate!.Thumbprint);
        Assert.Contains("do not go together", credential.Problem, StringComparison.Ordinal);

        Swap("a.key", second.Key);
        Assert.NotEqual(before, credential.Certificate!.Thumbprint);
        Assert.Null(credential.Problem);
        File.Delete(Path.Combine(_folder, "a.key"));
        Assert.NotEqual(before, credential.Certificate!.Thumbprint);
        Assert.Contains("a.key cannot be read", credential.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kubelets_one_file_for_certificate_and_key_is_read()
    {
        var (certificate, key) = Pair();
        File.WriteAllText(Path.Combine(_folder, "kubelet-client-2026.pem"), certificate + "\n" + key);
        File.CreateSymbolicLink(Path.Combine(_folder, "current.pem"), "kubelet-client-2026.pem");
        Assert.True(Load(Write("client-certificate: current.pem, client-key: current.pem")).Credential.Certificate!.HasPrivateKey);
    }

    [Fact]
    public async Task A_plugin_is_told_the_cluster_with_its_CA_as_data_wherever_the_kubeconfig_has_it()
    {
        var (certificate, _) = Pair();
        await File.WriteAllTextAsync(Path.Combine(_folder, "ca.crt"), certificate, TestContext.Current.CancellationToken);
        var plugin = Path.Combine(_folder, "plugin");
        await File.WriteAllTextAsync(plugin, $$"""
            #!/bin/sh
            echo "$KUBERNETES_EXEC_INFO" >{{_folder}}/info
            echo '{"status": {"token": "t"} }'
            """, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        const string Exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never, provideClusterInfo: true}";
        var access = Load(Write(Exec, "server: 'https://192.0.2.1:6443', certificate-authority: ca.crt, tls-server-name: api, "
            + "extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: '06e3', limit: 5}}]"));
        await access.Credential.AuthorizationAsync(TestContext.Current.CancellationToken);
        using var info = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "info"), TestContext.Current.CancellationToken));
        var cluster = info.RootElement.GetProperty("spec").GetProperty("cluster");
        Assert.Equal(["server", "tls-server-name", "certificate-authority-data", "config"], cluster.EnumerateObject().Select(property => property.Name));
        Assert.Equal("https://192.0.2.1:6443", cluster.GetProperty("server").GetString());
        Assert.Equal(Base64(certificate), cluster.GetProperty("certificate-authority-data").GetString());
        Assert.Equal("""{"audience":"06e3","limit":5}""", cluster.GetProperty("config").GetRawText());
    }

    [Theory]
    [InlineData("token: t", "server: 'https://a', certificate-authority: ca.crt, insecure-skip-tls-verify: true", "{cluster: k, user: u}", "specifying a root certificates file with the insecure flag is not allowed")]
    [InlineData("token: t", "server: ''", "{cluster: k, user: u}", "server")]
    [InlineData("token: t", "server: 'ftp://me:secret@a'", "{cluster: k, user: u}", "server '…@a' must be a URL")]
    [InlineData("token: t", "server: 'https://a'", "{cluster: nowhere, user: u}", "clusters holds no 'nowhere'")]
    [InlineData("token: t", "server: 'https://a'", "{cluster: k, user: nobody}", "users holds no 'nobody'")]
    [InlineData("token: t", "server: 'https://a', proxy-url: 'not a url'", "{cluster: k, user: u}", "cluster 'k': proxy-url 'not a url' must be a URL with http, https or socks5")]
    [InlineData("token: t", "server: 'https://a', proxy-url: 'proxy.example:3128'", "{cluster: k, user: u}", "proxy-url 'proxy.example:3128' must be")]
    [InlineData("token: t", "server: 'https://a', proxy-url: 'socks4://p:1'", "{cluster: k, user: u}", "proxy-url 'socks4://p:1' must be")]
    [InlineData("token: t", "server: 'https://a', proxy-url: 'http://'", "{cluster: k, user: u}", "proxy-url 'http://' must be")]
    [InlineData("token: t", "server: 'https://a', proxy-url: 'me:secret@p:3128'", "{cluster: k, user: u}", "proxy-url '…@p:3128' must be")]
    [InlineData("token: t", "server: 'https://a', tls-server-name: 'a b!'", "{cluster: k, user: u}", "cluster 'k': tls-server-name 'a b!' must be a DNS name or an IP address")]
    [InlineData("token: t", "server: 'https://a', tls-server-name: 'https://a'", "{cluster: k, user: u}", "tls-server-name 'https://a' must be")]
    [InlineData("token: t", "server: 'https://a', tls-server-name: 'bücher.example'", "{cluster: k, user: u}", "tls-server-name 'bücher.example' must be")]
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
    [InlineData("token: t", "http://192.0.2.1:8080", "the token of user 'u'")]
    [InlineData("tokenFile: t", "http://api.example", "the tokenFile of user 'u'")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: a}", "http://192.0.2.1", "the exec of user 'u'")]
    [InlineData("username: a, password: b", "http://[2001:db8::1]:80", "the username of user 'u'")]
    [InlineData("token: t", "http://127.0.0.1:80', proxy-url: 'http://192.0.2.7:3128", "proxy-url http://192.0.2.7:3128 first")]
    public void A_credential_is_not_sent_over_plain_http(string user, string server, string part)
    {
        var path = Write(user, $"server: '{server}'");
        var error = Assert.Throws<InvalidOperationException>(() => new ApiServerSource(new() { NodeName = "n", Kubeconfig = path }));
        Assert.StartsWith($"{path}: cluster 'k': server '{server.Split('\'')[0]}' is plain http", error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Contains("write server: https://", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_in_the_URL_is_not_sent_over_plain_http_nor_shown()
    {
        var path = Write("", "server: 'http://me:secret@192.0.2.1:8080', proxy-url: 'http://you:secret@192.0.2.7:3128'");
        var error = Assert.Throws<InvalidOperationException>(() => new ApiServerSource(new() { NodeName = "n", Kubeconfig = path }));
        Assert.Contains("would show the user that the URL names to everybody on the way, the proxy-url http://192.0.2.7:3128 first", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_certificate_for_plain_http_is_refused_and_so_is_a_server_that_replaces_a_safe_one()
    {
        var (certificate, key) = Pair();
        var user = $"client-certificate-data: {Base64(certificate)}, client-key-data: {Base64(key)}";
        var path = Write(user, "server: 'http://192.0.2.1'");
        var error = Assert.Throws<InvalidOperationException>(() => new ApiServerSource(new() { NodeName = "n", Kubeconfig = path }));
        Assert.Contains("the client-certificate-data of user 'u'", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => new ApiServerSource(new() { NodeName = "n", Kubeconfig = Write(user), Server = "http://192.0.2.1" }));
    }

    [Theory]
    [InlineData("token: t", "http://127.0.0.2:8001", "and is shown the token of user 'u' in clear")]
    [InlineData("token: t", "http://[::1]:8001", "and is shown the token of user 'u' in clear")]
    [InlineData("token: t", "http://localhost:8001", "and is shown the token of user 'u' in clear")]
    [InlineData("", "http://192.0.2.1:8001", "whoever answers there is believed to be the API server: write")]
    [InlineData("", "http://127.0.0.1:8001", null)]
    [InlineData("token: t", "https://192.0.2.1", null)]
    public async Task Plain_http_within_the_machine_or_without_a_credential_is_let_through_with_a_lasting_notice(string user, string server, string? part)
    {
        await using var source = new ApiServerSource(new() { NodeName = "n", Kubeconfig = Write(user, $"server: '{server}'") });
        if (part is null)
        {
            Assert.Empty(source.Problems);
            return;
        }
        var problem = Assert.Single(source.Problems);
        Assert.Equal(ProblemReason.TlsNotVerified, problem.Reason);
        Assert.Contains($"cluster 'k': server: '{server}'", problem.ToString(), StringComparison.Ordinal);
        Assert.Contains(part, problem.Message, StringComparison.Ordinal);
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
        var credential = new FileTokenCredential(token, clock, AccessFiles.Framework);
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

    [Theory]
    [InlineData("config", "")]
    [InlineData("t", "tokenFile: t")]
    [InlineData("a.crt", "client-certificate: a.crt, client-key: a.key")]
    [InlineData("a.key", "client-certificate: a.crt, client-key: a.key")]
    [InlineData("ca.crt", "")]
    public async Task A_file_that_is_refused_by_who_reads_it_is_named(string bad, string user)
    {
        var (certificate, key) = Pair();
        await File.WriteAllTextAsync(Path.Combine(_folder, "a.crt"), certificate, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_folder, "a.key"), key, TestContext.Current.CancellationToken);
        var path = Write(user, "server: 'https://192.0.2.1', certificate-authority: ca.crt");
        var files = new AccessFiles(file => Path.GetFileName(file) == bad ? throw new IOException("is a FIFO; only regular files are read") : File.ReadAllBytes(file));
        var error = await Assert.ThrowsAsync<AccessException>(async () =>
        {
            var access = Kubeconfig.Load(path, null, TimeProvider.System, files);
            await access.Credential.AuthorizationAsync(TestContext.Current.CancellationToken);
            access.Roots!();
        });
        Assert.Contains(Path.Combine(_folder, bad), error.Message, StringComparison.Ordinal);
        Assert.Contains("is a FIFO", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("# nothing\n", "is empty")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.secret", "is no kubeconfig: it holds one piece of text where clusters, contexts and users must stand")]
    [InlineData("- a\n- b\n", "is no kubeconfig: it holds a list where clusters")]
    [InlineData("[1, 2]", "is no kubeconfig: it holds a list where clusters")]
    [InlineData("kind: Deployment\nspec: {}\n", "is no kubeconfig: it has neither clusters nor contexts")]
    [InlineData("a: [", "line 2")]
    public void What_is_no_kubeconfig_is_said_to_be_what_it_is_and_not_quoted(string text, string part)
    {
        var path = Path.Combine(_folder, "rubbish");
        File.WriteAllText(path, text);
        var error = Assert.Throws<AccessException>(() => Load(path));
        Assert.StartsWith($"{path}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
