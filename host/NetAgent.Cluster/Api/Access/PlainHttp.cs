using System.Net;

namespace NetAgent.Cluster.Api.Access;

/// <summary>
/// <c>server: http://…</c>: nothing on the way is secret and nobody knows who answers. Without a credential and within this machine that is
/// <c>kubectl proxy</c>; a credential leaves the machine only under TLS.
/// </summary>
internal static class PlainHttp
{
    /// <exception cref="AccessException">A credential would be sent in clear.</exception>
    public static void Check(ClusterAccess access)
    {
        if (access.Server.Scheme == Uri.UriSchemeHttp && access.CredentialKey is { } key && !StaysHere(access))
        {
            throw new AccessException(
                $"{access.Where}: server '{access.Server.OriginalString}' is plain http, which would show {key} to everybody on the way"
                + $"{(access.Proxy is { } proxy ? $", the proxy-url {proxy.GetLeftPart(UriPartial.Authority)} first" : "")}; "
                + "write server: https://…, with certificate-authority, or take the credential out of that user");
        }
    }

    /// <summary>What remains unsafe of what is let through; null for nothing.</summary>
    public static SourceProblem? Risk(ClusterAccess access)
    {
        if (access.Server.Scheme != Uri.UriSchemeHttp || (access.CredentialKey is null && StaysHere(access)))
        {
            return null;
        }
        return new(access.Where, "server", access.Server.OriginalString,
            "whoever answers there is believed to be the API"
                + $" server{(access.CredentialKey is { } key ? $", and is shown {key} in clear" : "")}: "
            + "write https://…, with certificate-authority")
        {
            Reason = ProblemReason.TlsNotVerified,
        };
    }

    /// <summary>This machine, by address or as localhost.</summary>
    public static bool IsLoopback(Uri server) =>
        IPAddress.TryParse(server.IdnHost, out var address)
            ? IPAddress.IsLoopback(address) : server.IdnHost.Equals("localhost", StringComparison.OrdinalIgnoreCase);

    private static bool StaysHere(ClusterAccess access) => IsLoopback(access.Server) && (access.Proxy is null || IsLoopback(access.Proxy));
}
