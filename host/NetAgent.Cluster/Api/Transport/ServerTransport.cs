using System.Net;
using System.Security.Cryptography.X509Certificates;
using NetAgent.Cluster.Api.Access;

namespace NetAgent.Cluster.Api.Transport;

/// <summary>
/// How connections to the API server are made: HTTP/2 with pings, which is what notices one that is only half there; TLS against the
/// cluster's own roots.
/// </summary>
internal static class ServerTransport
{
    /// <summary>TCP and TLS.</summary>
    public static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    public static void Set(SocketsHttpHandler handler, ClusterAccess access, Func<X509Certificate2?> certificate)
    {
        handler.AutomaticDecompression = DecompressionMethods.GZip;
        handler.AllowAutoRedirect = false;
        handler.ConnectTimeout = ConnectLimit;
        handler.EnableMultipleHttp2Connections = false;
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(15);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(15);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always;
        // Certificates rotate and load balancers move: no connection is for ever.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(30);
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, chain, errors) => ServerTrust.Verify(access, shown, chain, errors);
        handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate()!;
        if (access.Proxy is { } proxy)
        {
            handler.Proxy = new WebProxy(proxy) { Credentials = access.ProxyCredential };
        }
        else if (PlainHttp.IsLoopback(access.Server))
        {
            // As Go's clients: what this machine says to itself goes through no HTTP_PROXY.
            handler.UseProxy = false;
        }
    }
}
