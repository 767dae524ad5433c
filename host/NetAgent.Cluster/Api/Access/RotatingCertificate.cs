using System.Security.Cryptography.X509Certificates;

namespace NetAgent.Cluster.Api.Access;

/// <summary>
/// A client certificate whose files something renews: the kubelet swaps a link, cert-manager renames. Looked at for every request, which
/// are few; half a renewal, certificate and key of different pairs, leaves the last good pair in use.
/// </summary>
internal sealed class RotatingCertificate
{
    private readonly Func<string> _certificatePem;
    private readonly Func<string> _keyPem;
    private readonly string _where;
    private readonly Lock _lock = new();
    private (string Certificate, string Key) _pair;
    private X509Certificate2 _certificate;

    /// <exception cref="AccessException">It cannot be used now.</exception>
    public RotatingCertificate(Func<string> certificatePem, Func<string> keyPem, string where)
    {
        (_certificatePem, _keyPem, _where) = (certificatePem, keyPem, where);
        _pair = (certificatePem(), keyPem());
        _certificate = Certificates.WithKey(_pair.Certificate, _pair.Key, where);
    }

    /// <summary>Why what is there now is not in use; null when it is.</summary>
    public string? Problem { get; private set; }

    public X509Certificate2 Current
    {
        get
        {
            try
            {
                // Outside the lock, as everything that a file system may hold up.
                var pair = (_certificatePem(), _keyPem());
                lock (_lock)
                {
                    if (pair != _pair)
                    {
                        _certificate = Certificates.WithKey(pair.Item1, pair.Item2, _where);
                        _pair = pair;
                    }
                    Problem = null;
                    return _certificate;
                }
            }
            catch (AccessException e)
            {
                lock (_lock)
                {
                    Problem = e.Message;
                    return _certificate;
                }
            }
        }
    }
}

/// <summary>A credential that is shown together with a client certificate.</summary>
internal sealed class CertificateCredential(ICredential other, RotatingCertificate certificate) : ICredential
{
    public X509Certificate2? Certificate => certificate.Current;

    public string? Problem => certificate.Problem ?? other.Problem;

    public ValueTask<string?> AuthorizationAsync(CancellationToken cancellationToken) => other.AuthorizationAsync(cancellationToken);

    public void Refused() => other.Refused();
}
