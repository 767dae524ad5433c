using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace NetAgent.Cluster.Api.Access;

/// <summary>Where an API server is, how to know it and how to be known to it.</summary>
internal sealed record ClusterAccess
{
    /// <summary>Without a user or password, as <see cref="Proxy"/>: both are shown.</summary>
    public required Uri Server { get; init; }

    /// <summary>Roots to trust; null for the system's. Called for each connection, so a rotated file counts at once.</summary>
    public Func<X509Certificate2Collection>? Roots { get; init; }

    /// <summary>Where the roots are, for people.</summary>
    public string RootsFrom { get; init; } = "the system's store";

    /// <summary>insecure-skip-tls-verify.</summary>
    public bool SkipVerification { get; init; }

    /// <summary>Where this was read: kubeconfig and cluster, or service account.</summary>
    public string Where { get; init; } = "";

    /// <summary>tls-server-name; null for the URL's host.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>proxy-url; null for what the environment says.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>What proxy-url says to show the proxy; null for nothing.</summary>
    public NetworkCredential? ProxyCredential { get; init; }

    /// <summary>Where the credential is, for people: <c>the token of user 'u'</c>; null when there is none.</summary>
    public string? CredentialKey { get; init; }

    public ICredential Credential { get; init; } = new StaticCredential(null, null);
}

/// <summary>A kubeconfig, service account or credential plugin that cannot be used; the message names file and key.</summary>
internal sealed class AccessException(string message, Exception? inner = null) : Exception(message, inner);
