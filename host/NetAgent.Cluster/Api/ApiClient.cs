using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using NetAgent.Cluster.Api.Access;
using NetAgent.Cluster.Api.Transport;

namespace NetAgent.Cluster.Api;

/// <summary>
/// The client through which every request to the API server goes: KubernetesClient's calls and models over a transport with our credential,
/// trust and refusals. A call ends with <see cref="ApiException"/> when the server refused, <see cref="HttpRequestException"/> when it
/// cannot be reached, <see cref="AccessException"/> when there is no credential to show and <see cref="TimeoutException"/> when no headers
/// came.
/// </summary>
internal sealed class ApiClient : AbstractKubernetes, IDisposable
{
    private readonly ClusterAccess _access;
    private readonly HttpClient _http;
    private readonly Uri _base;
    private readonly string? _host;

    /// <param name="access">The server, and how to be known to it.</param>
    /// <param name="userAgent">Name and version.</param>
    /// <param name="watchLimit">How long a watch's headers may take; 15 s unless given.</param>
    public ApiClient(ClusterAccess access, string userAgent, TimeSpan? watchLimit = null)
    {
        _access = access;
        _base = new(access.Server.AbsoluteUri.TrimEnd('/') + "/");
        var name = access.TlsServerName;
        // Sent as Host, which the TLS stack takes for the name to verify.
        _host = name is not null && name.Contains(':', StringComparison.Ordinal) && name[0] != '[' ? $"[{name}]" : name;
        var certificates = new CertificateHandler(access);
        var transport = new SocketsHttpHandler();
        ServerTransport.Set(transport, access, () => certificates.First);
        certificates.InnerHandler = transport;
        var limited = new AnswerLimitHandler(watchLimit ?? TimeSpan.FromSeconds(15)) { InnerHandler = certificates };
        var known = new CredentialHandler(access.Credential) { InnerHandler = limited };
        // The handlers have limits of their own, credentials included.
        _http = new(new RefusalHandler(access.Credential) { InnerHandler = known }) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", userAgent);
        HttpClientTimeout = Timeout.InfiniteTimeSpan;
    }

    public Uri Server => _access.Server;

    /// <summary>What is unsafe about the way in, for as long as it is used; null for nothing.</summary>
    public SourceProblem? Risk => !_access.SkipVerification ? PlainHttp.Risk(_access)
        : new(_access.Where, "insecure-skip-tls-verify", "true", $"whoever answers at {_access.Server} is believed to be the API server, "
            + "and is shown this node's credential: give certificate-authority instead")
        {
            Reason = ProblemReason.TlsNotVerified,
        };

    /// <summary>
    /// Leaves every answer unread: a list or a watch is read item by item where it arrives (a typed list holds all of it twice, and one bad
    /// object fails it whole), and of a write nobody needs what the server made of it.
    /// </summary>
    protected override Task<HttpOperationResponse<T>> CreateResultAsync<T>(
        HttpRequestMessage httpRequest, HttpResponseMessage httpResponse, bool? watch, CancellationToken cancellationToken) =>
        Task.FromResult(new HttpOperationResponse<T> { Request = httpRequest, Response = httpResponse });

    /// <summary>Makes a body by <see cref="ApiJson"/>: the package's own serializer costs a start 7 MB.</summary>
    protected override Task<HttpResponseMessage> SendRequest<T>(
        string relativeUri, HttpMethod method, IReadOnlyDictionary<string, IReadOnlyList<string>> customHeaders, T body,
        CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(method, new Uri(_base, relativeUri)) { Version = HttpVersion.Version20 };
        request.Headers.Host = _host;
        foreach (var (header, values) in customHeaders ?? ImmutableDictionary<string, IReadOnlyList<string>>.Empty)
        {
            request.Headers.TryAddWithoutValidation(header, values);
        }
        if (body is not null)
        {
            var content = body is V1Patch patch ? patch.Content : body;
            request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(content, content.GetType(), ApiJson.Default));
            request.Content.Headers.ContentType = GetHeader(body);
        }
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    public void Dispose() => _http.Dispose();
}
