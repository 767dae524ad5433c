using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace NetAgent.TestKit.Api;

/// <summary>
/// A real kube-apiserver with etcd on loopback. The programs come from tests/Lab/apiserver-build. Where the server is too old for
/// discovery.k8s.io/v1, a CustomResourceDefinition serves it, with real lists, watches and resource versions.
/// </summary>
public sealed class RealApiServer : IAsyncDisposable
{
    private const string AdminToken = "admin-token";

    private readonly string _assets;
    private readonly string _folder = Directory.CreateTempSubdirectory("netagent-api").FullName;
    private readonly int _etcdPort = FreePort();
    private readonly HttpClient _client;
    private readonly RSA _serviceAccountKey = RSA.Create(2048);
    private readonly X509Certificate2 _clientAuthority = CreateAuthority();
    private Process? _etcd;
    private Process? _server;

    private RealApiServer(string assets)
    {
        _assets = assets;
        Port = FreePort();
        // The tests' own client: what the agent makes of the certificate is tested elsewhere.
        _client = new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } })
        {
            BaseAddress = Url,
            Timeout = TimeSpan.FromSeconds(30),
        };
        _client.DefaultRequestHeaders.Authorization = new("Bearer", AdminToken);
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Where it listens.</summary>
    public Uri Url => new($"https://127.0.0.1:{Port}/");

    /// <summary>PEM file with the roots to trust.</summary>
    public string RootsFile => Path.Combine(_folder, "certs", "apiserver.crt");

    /// <summary>A folder for the test's files, removed at the end.</summary>
    public string Folder => _folder;

    /// <summary>Path of another program that came with the server: kube-proxy.</summary>
    public string ProgramPath(string name) => Path.Combine(_assets, name);

    /// <summary>Starts one; ready when it returns.</summary>
    public static async Task<RealApiServer> StartAsync()
    {
        var build = await RunAsync(Path.Combine(RepositoryRoot.Path, "tests/Lab/apiserver-build"), [], null);
        var server = new RealApiServer(build.Trim().Split('\n')[^1]);
        try
        {
            await server.PrepareAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts (again).</summary>
    /// <param name="untilReady">Returns once it calls itself ready, which is long after it serves the first requests.</param>
    public async Task StartServerAsync(bool untilReady = true)
    {
        _server = Start("kube-apiserver", ["--etcd-servers", $"http://127.0.0.1:{_etcdPort}", "--secure-port", $"{Port}", "--bind-address", "127.0.0.1",
            "--advertise-address", "192.0.2.1", // never used, but without a default route, as in the lab, it finds none by itself
            "--cert-dir", Path.Combine(_folder, "certs"), "--authorization-mode", "RBAC", "--token-auth-file", Path.Combine(_folder, "tokens.csv"),
            "--client-ca-file", Path.Combine(_folder, "client-ca.crt"),
            "--service-account-key-file", Path.Combine(_folder, "sa.pub"), "--service-account-signing-key-file", Path.Combine(_folder, "sa.key"),
            "--service-account-issuer", "https://kubernetes.default.svc", "--endpoint-reconciler-type", "none",
            // A small range: the server writes the whole map of it with every Service.
            "--service-cluster-ip-range", "10.96.0.0/20,fd00:10:96::/112", .. IsOld ? OldServer.Flags : []]);
        if (!untilReady)
        {
            return;
        }
        try
        {
            // It writes into its log for as long as it gets on.
            await UntilAsync("the API server to be ready", async () => _server.HasExited || (await _client.GetAsync("readyz")).IsSuccessStatusCode,
                progress: () => Task.FromResult(new FileInfo(LogFile("kube-apiserver")) is { Exists: true } log ? log.Length : 0));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or TimeoutException)
        {
            throw new InvalidOperationException($"the API server is not ready: {e.Message}\n{Log()}", e);
        }
        if (_server.HasExited)
        {
            throw new InvalidOperationException($"the API server ended with {_server.ExitCode}:\n{Log()}");
        }
    }

    /// <summary>Kills it as a power cut would.</summary>
    public void KillServer() => Kill(ref _server);

    /// <summary>Stops it as a machine does that swaps itself to death: connections are taken and nobody answers.</summary>
    public void Suspend() => Shell.Run("kill", "-STOP", $"{_server!.Id}");

    /// <summary>Goes on after <see cref="Suspend"/>.</summary>
    public void Resume() => Shell.Run("kill", "-CONT", $"{_server!.Id}");

    /// <summary>A client certificate of the group system:masters and its key, as PEM.</summary>
    public (string Certificate, string Key) IssueClient(string name, DateTimeOffset until)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"O=system:masters, CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.2")], critical: false));
        using var certificate = request.Create(_clientAuthority, _clientAuthority.NotBefore, until, RandomNumberGenerator.GetBytes(8));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Runs kubectl as the administrator.</summary>
    public Task<string> KubectlAsync(string arguments, string? input = null) => RunAsync(
        Path.Combine(_assets, "kubectl"), ["--kubeconfig", AdminKubeconfig, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)], input);

    /// <summary>A kubeconfig for a bearer token, or for a file that holds one, perhaps through a proxy in front.</summary>
    public string WriteKubeconfig(string name, string user, Uri? server = null)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, $$"""
            apiVersion: v1
            kind: Config
            current-context: c
            contexts: [{name: c, context: {cluster: k, user: u} }]
            clusters: [{name: k, cluster: {server: "{{server ?? Url}}", certificate-authority: certs/apiserver.crt} }]
            users: [{name: u, user: {{user}} }]
            """);
        return path;
    }

    /// <summary>The administrator's kubeconfig.</summary>
    public string AdminKubeconfig => WriteKubeconfig("admin.conf", $"{{token: {AdminToken}}}");

    /// <summary>Sends JSON straight to the server, faster than kubectl.</summary>
    public async Task SendAsync(HttpMethod method, string path, object? body, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, contentType);
        }
        using var response = await _client.SendAsync(request);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        }
    }

    /// <summary>Whether it knows who shows this token.</summary>
    public async Task<bool> TakesAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/namespaces?limit=1");
        request.Headers.Authorization = new("Bearer", token);
        using var response = await _client.SendAsync(request);
        return response.StatusCode != HttpStatusCode.Unauthorized;
    }

    /// <summary>What the server answers to a GET by the administrator.</summary>
    public Task<string> GetAsync(string path) => _client.GetStringAsync(path);

    /// <summary>Puts objects into etcd as the server would have stored them: by the thousand far quicker than through it.</summary>
    public async Task StoreAsync(IEnumerable<(string Key, string Json)> objects)
    {
        using var etcd = new HttpClient { BaseAddress = new($"http://127.0.0.1:{_etcdPort}/") };
        static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        foreach (var some in objects.Chunk(100)) // etcd takes 128 in one transaction
        {
            var puts = some.Select(o => new { requestPut = new { key = Base64("/registry/" + o.Key), value = Base64(o.Json) } });
            (await etcd.PostAsJsonAsync("v3/kv/txn", new { success = puts })).EnsureSuccessStatusCode();
        }
    }

    /// <summary>How many objects a list holds, which is read in short.</summary>
    public async Task<long> CountAsync(string path)
    {
        using var list = JsonDocument.Parse(await GetAsync($"{path}?limit=1"));
        return list.RootElement.GetProperty("items").GetArrayLength()
            + (list.RootElement.GetProperty("metadata").TryGetProperty("remainingItemCount", out var others) ? others.GetInt64() : 0);
    }

    /// <summary>It begins a watch with a list where that is asked for (KEP-3157); unlike lists, those are not compressed.</summary>
    public async Task<bool> StreamsListsAsync()
    {
        using var answer = await _client.GetAsync("api/v1/namespaces?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1");
        return answer.IsSuccessStatusCode;
    }

    /// <summary>Makes etcd forget every revision but the last.</summary>
    public async Task CompactAsync()
    {
        using var etcd = new HttpClient { BaseAddress = new($"http://127.0.0.1:{_etcdPort}/") };
        var range = await etcd.PostAsJsonAsync("v3/kv/range", new { key = "AA==" });
        var revision = JsonDocument.Parse(await range.Content.ReadAsStringAsync()).RootElement.GetProperty("header").GetProperty("revision").GetString();
        (await etcd.PostAsJsonAsync("v3/kv/compaction", new { revision, physical = true })).EnsureSuccessStatusCode();
    }

    /// <summary>A service account token that the server takes until the given time (it allows a minute of leeway).</summary>
    public async Task<string> TokenAsync(string space, string account, DateTimeOffset expires)
    {
        using var found = JsonDocument.Parse(await GetAsync($"api/v1/namespaces/{space}/serviceaccounts/{account}"));
        var uid = found.RootElement.GetProperty("metadata").GetProperty("uid").GetString();
        static string Part(object value) => Base64Url(JsonSerializer.SerializeToUtf8Bytes(value));
        var text = Part(new { alg = "RS256", kid = await KeyIdAsync() }) + "." + Part(new Dictionary<string, object>
        {
            ["iss"] = "https://kubernetes.default.svc",
            ["aud"] = new[] { "https://kubernetes.default.svc" },
            ["sub"] = $"system:serviceaccount:{space}:{account}",
            ["iat"] = DateTimeOffset.UnixEpoch.ToUnixTimeSeconds() + 1,
            ["nbf"] = DateTimeOffset.UnixEpoch.ToUnixTimeSeconds() + 1,
            ["exp"] = expires.ToUnixTimeSeconds(),
            ["kubernetes.io"] = new { @namespace = space, serviceaccount = new { name = account, uid } },
        });
        return text + "." + Base64Url(_serviceAccountKey.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Kill(ref _server);
        Kill(ref _etcd);
        _client.Dispose();
        _serviceAccountKey.Dispose();
        _clientAuthority.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Waits until something is so.</summary>
    /// <param name="what">What is waited for.</param>
    /// <param name="isSo">Whether it is.</param>
    /// <param name="seconds">How long; with <paramref name="progress"/> how long that may stand still.</param>
    /// <param name="progress">A number that changes for as long as it is worth waiting.</param>
    public static async Task UntilAsync(string what, Func<Task<bool>> isSo, int seconds = 240, Func<Task<long>>? progress = null)
    {
        var watch = Stopwatch.StartNew();
        var last = -1L;
        while (!await TryAsync(isSo))
        {
            if (progress is not null && await TryAsync(async () => last != (last = await progress())))
            {
                watch.Restart();
            }
            if (watch.Elapsed.TotalSeconds > seconds)
            {
                throw new TimeoutException($"waited {seconds} s for {what}{(progress is null ? "" : $", which stands still at {last}")}");
            }
            await Task.Delay(100);
        }

        async Task<bool> TryAsync(Func<Task<bool>> ask)
        {
            try
            {
                return await ask();
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or InvalidOperationException && watch.Elapsed.TotalSeconds < seconds)
            {
                return false; // Not yet.
            }
        }
    }

    /// <summary>It is 1.20, which the tests build themselves.</summary>
    public bool IsOld { get; private set; }

    private async Task PrepareAsync()
    {
        var version = await RunAsync(Path.Combine(_assets, "kube-apiserver"), ["--version"], null);
        IsOld = version.Contains(" v1.20.", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_folder, "sa.key"), _serviceAccountKey.ExportRSAPrivateKeyPem());
        await File.WriteAllTextAsync(Path.Combine(_folder, "sa.pub"), _serviceAccountKey.ExportSubjectPublicKeyInfoPem());
        await File.WriteAllTextAsync(Path.Combine(_folder, "client-ca.crt"), _clientAuthority.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(_folder, "tokens.csv"), $"{AdminToken},admin,admin,system:masters\n");
        var peer = FreePort();
        _etcd = Start("etcd", ["--data-dir", Path.Combine(_folder, "etcd"), "--listen-client-urls", $"http://127.0.0.1:{_etcdPort}", "--advertise-client-urls",
            $"http://127.0.0.1:{_etcdPort}", "--listen-peer-urls", $"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", $"http://127.0.0.1:{peer}",
            "--initial-cluster", $"default=http://127.0.0.1:{peer}", "--unsafe-no-fsync"]);
        await StartServerAsync();
        if (IsOld)
        {
            await SendAsync(HttpMethod.Post, "apis/apiextensions.k8s.io/v1/customresourcedefinitions", OldServer.EndpointSlices);
        }
        await UntilAsync("EndpointSlices to be served", async () => (await _client.GetAsync("apis/discovery.k8s.io/v1/endpointslices")).IsSuccessStatusCode);
        await UntilAsync("namespace default", async () => (await _client.GetAsync("api/v1/namespaces/default")).IsSuccessStatusCode);
    }

    private async Task<string> KeyIdAsync()
    {
        var keys = JsonDocument.Parse(await _client.GetStringAsync("openid/v1/jwks"));
        return keys.RootElement.GetProperty("keys")[0].GetProperty("kid").GetString()!;
    }

    private string LogFile(string program) => Path.Combine(_folder, program + ".log");

    private string Log() => string.Join('\n', ((string[])["etcd", "kube-apiserver"])
        .Select(LogFile).Where(File.Exists).SelectMany(f => File.ReadLines(f).TakeLast(15)));

    private Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = _folder };
        // Signals are dear in an emulated kernel, and Go sends them by the hundred to its own threads.
        start.Environment["GODEBUG"] = "asyncpreemptoff=1";
        // exec, so that killing the process kills the program; a log for when it will not start.
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"exec \"$0\" \"$@\" >>'{_folder}/{program}.log' 2>&1");
        start.ArgumentList.Add(Path.Combine(_assets, program));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        return Process.Start(start)!;
    }

    private static void Kill(ref Process? process)
    {
        if (process is { HasExited: false })
        {
            process.Kill();
            process.WaitForExit();
        }
        process?.Dispose();
        process = null;
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string? input)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}");
    }

    private static X509Certificate2 CreateAuthority()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=clients", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
    }

    private static string Base64Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
