using System.Security.Cryptography.X509Certificates;
using NetAgent.Cluster.Api.Access;

namespace NetAgent.Cluster.Api.Transport;

/// <summary>
/// Gives each client certificate connections of its own. Watches on those of an old one run on until they end, since a server asks who
/// somebody is when a request begins.
/// </summary>
internal sealed class CertificateHandler(ClusterAccess access) : DelegatingHandler
{
    // Idle connections close by themselves; this bounds what a credential plugin with very short certificates could leave.
    private const int MostRetired = 4;

    private readonly Lock _lock = new();
    private readonly Queue<HttpMessageInvoker> _retired = [];
    private HttpMessageInvoker? _current;
    private string? _thumbprint;

    /// <summary>What the inner handler shows, which is there before a credential is asked for.</summary>
    public X509Certificate2? First { get; private set; }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        For(access.Credential.Certificate).SendAsync(request, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        lock (_lock)
        {
            _current?.Dispose();
            foreach (var retired in _retired)
            {
                retired.Dispose();
            }
        }
        base.Dispose(disposing);
    }

    private HttpMessageInvoker For(X509Certificate2? certificate)
    {
        lock (_lock)
        {
            if (_current is not null && certificate?.Thumbprint == _thumbprint)
            {
                return _current;
            }
            _thumbprint = certificate?.Thumbprint;
            if (_current is null)
            {
                First = certificate;
                return _current = new(InnerHandler!);
            }
            _retired.Enqueue(_current);
            if (_retired.Count > MostRetired)
            {
                _retired.Dequeue().Dispose();
            }
            var transport = new SocketsHttpHandler();
            ServerTransport.Set(transport, access, () => certificate);
            return _current = new(transport);
        }
    }
}
