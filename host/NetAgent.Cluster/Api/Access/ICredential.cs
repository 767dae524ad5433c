using System.Security.Cryptography.X509Certificates;

namespace NetAgent.Cluster.Api.Access;

/// <summary>Who the agent is to the API server.</summary>
internal interface ICredential
{
    /// <summary>The value of the Authorization header; null for none.</summary>
    /// <exception cref="AccessException">It cannot be had now.</exception>
    ValueTask<string?> AuthorizationAsync(CancellationToken cancellationToken);

    /// <summary>The client certificate for a new connection; null for none.</summary>
    X509Certificate2? Certificate { get; }

    /// <summary>Why a newer one is not in use; null for none. Said where the server refuses the one that is.</summary>
    string? Problem => null;

    /// <summary>The server refused it: get a new one before the next request.</summary>
    void Refused();
}

/// <summary>A credential that does not change.</summary>
internal sealed class StaticCredential(string? authorization, X509Certificate2? certificate) : ICredential
{
    public X509Certificate2? Certificate => certificate;

    public ValueTask<string?> AuthorizationAsync(CancellationToken cancellationToken) => new(authorization);

    public void Refused()
    {
        // There is no other.
    }
}
