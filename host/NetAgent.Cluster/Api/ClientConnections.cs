using System.Net;
using System.Security.Cryptography.X509Certificates;
using NetAgent.Cluster.Api.Access;

namespace NetAgent.Cluster.Api;

/// <summary>
/// Connections that show one client certificate. A renewed one gets connections of its own; watches on the old ones run on until they end,
/// since a server asks who somebody is when a request begins.
/// </summary>
internal sealed class ClientConnections(ClusterAccess access, string userAgent) : IDisposable
{
    /// <summary>TCP and TLS.</summary>
    public static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    // Idle connections close by themselves; this bounds what a credential plugin with very short certificates could leave.
    private const int MostRetired = 4;

    private readonly Lock _lock = new();
    private readonly Queue<HttpClient> _retired = [];
    private HttpClient? _current;
    private string? _thumbprint;

    public HttpClient For(X509Certificate2? certificate)
    {
        lock (_lock)
        {
            if (_current is { } client && certificate?.Thumbprint == _thumbprint)
            {
                return client;
            }
            if (_current is not null)
            {
                _retired.Enqueue(_current);
                if (_retired.Count > MostRetired)
                {
                    _retired.Dequeue().Dispose();
                }
            }
            _thumbprint = certificate?.Thumbprint;
            return _current = Create(certificate);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _current?.Dispose();
            foreach (var client in _retired)
            {
                client.Dispose();
            }
        }
    }

    private HttpClient Create(X509Certificate2? certificate)
    {
        // The client owns the handler.
        var client = new HttpClient(Handler(certificate), disposeHandler: true)
        {
            BaseAddress = access.Server.AbsoluteUri.EndsWith('/') ? access.Server : new Uri(access.Server.AbsoluteUri + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        client.DefaultRequestHeaders.UserAgent.ParseAdd(userAgent);
        return client;
    }

    private SocketsHttpHandler Handler(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.GZip,
            AllowAutoRedirect = false,
            ConnectTimeout = ConnectLimit,
            KeepAlivePingDelay = TimeSpan.FromSeconds(15),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            // Certificates rotate and load balancers move: no connection is for ever.
            PooledConnectionLifetime = TimeSpan.FromMinutes(30),
            SslOptions = new()
            {
                RemoteCertificateValidationCallback = (_, shown, chain, errors) => ServerTrust.Verify(access, shown, chain, errors),
                LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!,
            },
        };
        if (access.Proxy is { } proxy)
        {
            handler.Proxy = new WebProxy(proxy);
        }
        else if (PlainHttp.IsLoopback(access.Server))
        {
            // As Go's clients: what this machine says to itself goes through no HTTP_PROXY.
            handler.UseProxy = false;
        }
        return handler;
    }
}
