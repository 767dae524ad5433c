using System.Security.Cryptography.X509Certificates;

namespace NetAgent.Cluster.Api.Access;

/// <summary>What a credential plugin handed out.</summary>
internal sealed record ExecCredentialStatus(string? Token, X509Certificate2? Certificate, DateTimeOffset? Expiry);

/// <summary>A credential from a plugin, asked for again when it expires or is refused.</summary>
internal sealed class ExecCredential(ExecPlugin plugin, TimeProvider time) : ICredential, IDisposable
{
    // A request under way when it expires would fail.
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile ExecCredentialStatus? _status;
    private volatile Failure? _failure;

    public X509Certificate2? Certificate => _status?.Certificate;

    public async ValueTask<string?> AuthorizationAsync(CancellationToken cancellationToken)
    {
        var status = _status;
        if (!IsGood(status))
        {
            var before = _failure;
            await _one.WaitAsync(cancellationToken);
            try
            {
                status = _status;
                if (!IsGood(status))
                {
                    // Whoever waited while it failed shares the failure: each running it anew would be one limit after the other.
                    if (_failure is { } failure && failure != before)
                    {
                        throw new AccessException(failure.Error.Message, failure.Error);
                    }
                    _status = status = await RunAsync(cancellationToken);
                }
            }
            finally
            {
                _one.Release();
            }
        }
        return status!.Token is { } token ? $"Bearer {token}" : null;
    }

    public void Refused() => _status = null;

    public void Dispose() => _one.Dispose();

    private async Task<ExecCredentialStatus> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await plugin.RunAsync(cancellationToken);
        }
        catch (AccessException e)
        {
            _failure = new(e);
            throw;
        }
    }

    private sealed class Failure(AccessException error)
    {
        public AccessException Error => error;
    }

    private bool IsGood(ExecCredentialStatus? status) =>
        status is not null && (status.Expiry is null || status.Expiry > time.GetUtcNow() + Leeway);
}
