using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace NetAgent.Cluster.Api.Access;

/// <summary>Whether the API server's certificate is to be trusted; if not, which check failed and what mends it.</summary>
internal static class ServerTrust
{
    /// <summary>True, or an exception: the TLS stack's own would only say that the certificate was refused.</summary>
    /// <exception cref="AccessException">It is not to be trusted.</exception>
    public static bool Verify(ClusterAccess access, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (access.SkipVerification)
        {
            return true;
        }
        if (certificate is not X509Certificate2 leaf)
        {
            throw new AccessException("the server showed no certificate; is this the port of an API server?");
        }
        var faults = new List<string>();
        if (access.Roots is { } read)
        {
            using var own = new X509Chain();
            own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            var roots = read();
            own.ChainPolicy.CustomTrustStore.AddRange(roots);
            foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            {
                own.ChainPolicy.ExtraStore.Add(element.Certificate);
            }
            if (!own.Build(leaf))
            {
                faults.AddRange(Faults(own, leaf, access.RootsFrom, roots));
            }
        }
        else if ((errors & SslPolicyErrors.RemoteCertificateChainErrors) != 0 && chain is not null)
        {
            faults.AddRange(Faults(chain, leaf, access.RootsFrom, []));
        }
        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
        {
            var names = Names(leaf);
            faults.Add($"it is for {(names.Count > 0 ? string.Join(", ", names) : "no name at all")}, not for"
                + $" {access.TlsServerName ?? access.Server.IdnHost}; "
                + "name the server by one of them, or set the cluster's tls-server-name to one");
        }
        if (faults.Count == 0 && access.Roots is null && errors != SslPolicyErrors.None)
        {
            faults.Add(errors.ToString());
        }
        return faults.Count == 0
            ? true : throw new AccessException($"the server's certificate ({leaf.Subject}) is refused: {string.Join("; and ", faults)}");
    }

    private static IEnumerable<string> Faults(X509Chain chain, X509Certificate2 leaf, string rootsFrom, X509Certificate2Collection roots)
    {
        var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        if ((status & (
            X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid)) != 0)
        {
            var last = chain.ChainElements.Count > 0 ? chain.ChainElements[^1].Certificate : leaf;
            // Every kubeadm cluster calls its authority kubernetes.
            var isNamesake = roots.Any(root => root.Subject == last.Issuer);
            yield return $"its authority ({last.Issuer}) is not {(isNamesake ? "the one of that name" : "one")} that {rootsFrom} holds"
                + $"{(roots.Count > 0 && !isNamesake ? $" ({string.Join("; ", roots.Select(root => root.Subject))})" : "")}; "
                + $"put this cluster's CA certificate there, in kubeadm clusters /etc/kubernetes/pki/ca.crt";
        }
        foreach (var element in chain.ChainElements.Where(e =>
            e.ChainElementStatus.Any(s => s.Status == X509ChainStatusFlags.NotTimeValid)))
        {
            var whose = ReferenceEquals(element, chain.ChainElements[0]) ? "it" : $"its authority's ({element.Certificate.Subject})";
            yield return $"{whose} is valid from {Time(element.Certificate.NotBefore)} to {Time(element.Certificate.NotAfter)} only;"
                + " renew it, or set this node's clock right";
        }
        const X509ChainStatusFlags Said = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid | X509ChainStatusFlags.NotTimeValid;
        foreach (var other in chain.ChainStatus.Where(s => (s.Status & Said) == 0))
        {
            yield return $"{other.Status}: {other.StatusInformation.Trim()}";
        }
    }

    private static IReadOnlyList<string> Names(X509Certificate2 leaf) =>
        [.. leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(names => names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(ip => ip.ToString())))];

    private static string Time(DateTime local) => local.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
