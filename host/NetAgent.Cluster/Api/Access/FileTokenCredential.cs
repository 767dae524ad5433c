using System.Security.Cryptography.X509Certificates;

namespace NetAgent.Cluster.Api.Access;

/// <summary>
/// A bearer token in a file that the kubelet replaces (projected service account tokens live an hour): read again after a minute, and at
/// once where the server refuses the one in hand.
/// </summary>
internal sealed class FileTokenCredential(string path, TimeProvider time, AccessFiles files) : ICredential
{
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private string? _token;
    private string? _problem;
    private long _readAt;

    public X509Certificate2? Certificate => null;

    public string? Problem
    {
        get
        {
            lock (_lock)
            {
                return _problem;
            }
        }
    }

    public ValueTask<string?> AuthorizationAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_token is not null && time.GetElapsedTime(_readAt) < ReadAgainAfter)
            {
                return new($"Bearer {_token}");
            }
        }
        // Outside the lock: two that read at once do no harm, a file system that hangs would hold up all.
        var (token, problem) = Read();
        lock (_lock)
        {
            _problem = problem?.Message;
            if (token is not null)
            {
                (_token, _readAt) = (token, time.GetTimestamp());
            }
            // The one in hand may still be good; the server decides.
            return _token is not null ? new($"Bearer {_token}") : throw problem!;
        }
    }

    public void Refused()
    {
        lock (_lock)
        {
            _token = null;
        }
    }

    private (string? Token, AccessException? Problem) Read()
    {
        try
        {
            var text = files.Text(path, "the token file").Trim();
            return text.Length > 0 ? (text, null) : (null, new($"{path}: the token file is empty"));
        }
        catch (AccessException e)
        {
            return (null, e);
        }
    }
}
