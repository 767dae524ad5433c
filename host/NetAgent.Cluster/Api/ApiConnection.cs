using System.Buffers;
using System.Net;
using NetAgent.Cluster.Api.Access;

namespace NetAgent.Cluster.Api;

/// <summary>
/// Requests to the API server: HTTP/2 with keep-alive pings, which is what notices a connection that is only half there; gzip; TLS against
/// the cluster's own roots; the credential renewed once when it is refused.
/// </summary>
internal sealed class ApiConnection : IDisposable
{
    private static readonly TimeSpan HeaderLimit = TimeSpan.FromSeconds(60);

    private readonly ClusterAccess _access;
    private readonly ClientConnections _connections;

    public ApiConnection(ClusterAccess access, string userAgent)
    {
        _access = access;
        _connections = new(access, userAgent);
    }

    /// <summary>The headers of a watch come before anything happens, so a server that keeps them back for so long is not well.</summary>
    public TimeSpan WatchHeaderLimit { get; init; } = TimeSpan.FromSeconds(15);

    public Uri Server => _access.Server;

    /// <summary>What is unsafe about the way in, for as long as it is used; null for nothing.</summary>
    public SourceProblem? Risk => !_access.SkipVerification ? PlainHttp.Risk(_access) : new(_access.Where, "insecure-skip-tls-verify", "true",
        $"whoever answers at {_access.Server} is believed to be the API server, and is shown this node's credential: give certificate-authority instead")
    {
        Reason = ProblemReason.TlsNotVerified,
    };

    /// <summary>Sends a request and returns once the headers are there. Any status but success is an exception.</summary>
    /// <exception cref="ApiException">The server refused.</exception>
    /// <exception cref="HttpRequestException">It cannot be reached.</exception>
    /// <exception cref="AccessException">There is no credential to show.</exception>
    /// <exception cref="TimeoutException">No headers came.</exception>
    public Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> request, CancellationToken cancellationToken) =>
        SendAsync(request, HeaderLimit, cancellationToken);

    public Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(() => new(HttpMethod.Get, path), cancellationToken);

    /// <summary>As <see cref="GetAsync"/>, within <see cref="WatchHeaderLimit"/>.</summary>
    public Task<HttpResponseMessage> WatchAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(() => new(HttpMethod.Get, path), WatchHeaderLimit, cancellationToken);

    public void Dispose() => _connections.Dispose();

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> request, TimeSpan headerLimit, CancellationToken cancellationToken)
    {
        var response = await SendOnceAsync(request, headerLimit, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            // Most likely the token has just rotated.
            response.Dispose();
            _access.Credential.Refused();
            response = await SendOnceAsync(request, headerLimit, cancellationToken);
        }
        if (response.IsSuccessStatusCode)
        {
            return response;
        }
        using (response)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(headerLimit);
            var body = await response.Content.ReadAsByteArrayAsync(limit.Token);
            var refusal = ApiStatus.Read(new ReadOnlySequence<byte>(body), response.StatusCode, response.Headers.RetryAfter?.Delta,
                response.RequestMessage?.RequestUri?.AbsolutePath.TrimStart('/'), response.Headers.Location);
            throw response.StatusCode == HttpStatusCode.Unauthorized && _access.Credential.Problem is { } problem
                ? new ApiException(refusal.Status, refusal.Reason, $"{refusal.Message}; {problem}") { IsStatus = refusal.IsStatus }
                : refusal;
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(Func<HttpRequestMessage> create, TimeSpan headerLimit, CancellationToken cancellationToken)
    {
        using var request = create();
        // On the request: HttpClient's default version is for its own requests only. Without TLS nothing could agree on HTTP/2.
        request.Version = _access.Server.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        request.Headers.Accept.ParseAdd("application/json");
        if (await _access.Credential.AuthorizationAsync(cancellationToken) is { } authorization)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }
        if (_access.TlsServerName is { } name)
        {
            // The handler verifies the certificate against this, as Go does with ServerName.
            request.Headers.Host = name.Contains(':', StringComparison.Ordinal) && name[0] != '[' ? $"[{name}]" : name;
        }
        var connection = _connections.For(_access.Credential.Certificate);
        // From here on: how long a credential may take is not the server's doing.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(headerLimit);
        try
        {
            return await connection.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Without the URL, which whoever says it has said already.
            throw new TimeoutException(limit.IsCancellationRequested
                ? $"no answer came within {headerLimit.TotalSeconds:0.#} s"
                : $"no connection could be made within {ClientConnections.ConnectLimit.TotalSeconds:0} s");
        }
    }
}
