using k8s;
using k8s.Autorest;
using NetAgent.Cluster.Api.Access;
using NetAgent.Cluster.Api.Transport;

namespace NetAgent.Cluster.Api;

/// <summary>
/// The client through which every request to the API server goes: KubernetesClient's calls and models over a transport with our credential,
/// trust and refusals. A call ends with <see cref="ApiException"/> when the server refused, <see cref="HttpRequestException"/> when it
/// cannot be reached, <see cref="AccessException"/> when there is no credential to show and <see cref="TimeoutException"/> when no headers
/// came.
/// </summary>
internal sealed class ApiClient : Kubernetes
{
    private readonly ClusterAccess _access;

    /// <param name="access">The server, and how to be known to it.</param>
    /// <param name="userAgent">Name and version.</param>
    /// <param name="watchLimit">How long a watch's headers may take; 15 s unless given.</param>
    public ApiClient(ClusterAccess access, string userAgent, TimeSpan? watchLimit = null)
        : this(access, userAgent, new CertificateHandler(access),
            // Outermost first.
            new RefusalHandler(access.Credential), new CredentialHandler(access.Credential), new AnswerLimitHandler(watchLimit ?? TimeSpan.FromSeconds(15)))
    {
    }

    private ApiClient(ClusterAccess access, string userAgent, CertificateHandler certificates, params DelegatingHandler[] above)
        : base(Configuration(access, userAgent, certificates), [.. above, certificates]) => _access = access;

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

    private static KubernetesClientConfiguration Configuration(ClusterAccess access, string userAgent, CertificateHandler certificates)
    {
        var name = access.TlsServerName;
        return new()
        {
            Host = access.Server.AbsoluteUri,
            UserAgent = userAgent,
            // Sent as Host, which the TLS stack takes for the name to verify.
            TlsServerName = name is not null && name.Contains(':', StringComparison.Ordinal) && name[0] != '[' ? $"[{name}]" : name,
            // The handlers have limits of their own, credentials included.
            HttpClientTimeout = Timeout.InfiniteTimeSpan,
            FirstMessageHandlerSetup = handler => ServerTransport.Set(handler, access, () => certificates.First),
        };
    }
}
