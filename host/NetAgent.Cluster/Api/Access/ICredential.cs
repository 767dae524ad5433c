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

/// <summary>A bearer token in a file that the kubelet replaces (projected service account tokens live an hour).</summary>
internal sealed class FileTokenCredential(string path, TimeProvider time) : ICredential
{
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private string? _token;
    private long _readAt;

    public X509Certificate2? Certificate => null;

    public ValueTask<string?> AuthorizationAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_token is null || time.GetElapsedTime(_readAt) >= ReadAgainAfter)
            {
                try
                {
                    var text = File.ReadAllText(path).Trim();
                    _token = text.Length > 0 ? text : throw new AccessException($"{path}: the token file is empty");
                    _readAt = time.GetTimestamp();
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // The one in hand may still be good; the server decides.
                    if (_token is null)
                    {
                        throw new AccessException($"{path}: the token cannot be read: {e.Message}", e);
                    }
                }
            }
            return new($"Bearer {_token}");
        }
    }

    public void Refused()
    {
        lock (_lock)
        {
            _token = null;
        }
    }
}
