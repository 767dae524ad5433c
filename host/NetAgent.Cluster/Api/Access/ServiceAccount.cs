using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace NetAgent.Cluster.Api.Access;

/// <summary>Access as a pod has it: the mounted service account and the variables that name the API server.</summary>
internal static class ServiceAccount
{
    public static ClusterAccess Load(string folder, TimeProvider time, AccessFiles files)
    {
        var token = Path.Combine(folder, "token");
        var roots = Path.Combine(folder, "ca.crt");
        var host = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST");
        var port = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new AccessException(
                "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: outside a pod name a kubeconfig with --kubeconfig; what"
                + " kubectl prints of the ConfigMap kube-proxy holds one and will do");
        }
        if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw new AccessException($"KUBERNETES_SERVICE_PORT: '{port}' must be a port such as 443");
        }
        if (!File.Exists(token))
        {
            throw new AccessException(
                $"{token} does not exist: the pod needs automountServiceAccountToken, or name a kubeconfig with --kubeconfig");
        }
        return new()
        {
            Server = new UriBuilder(Uri.UriSchemeHttps, host, number).Uri,
            Roots = () => Certificates.FromFile(roots, files),
            RootsFrom = roots,
            Where = folder,
            CredentialKey = "the service account's token",
            Credential = new FileTokenCredential(token, time, files),
        };
    }
}

/// <summary>Reads certificates.</summary>
internal static class Certificates
{
    public static X509Certificate2Collection FromFile(string path, AccessFiles files) => FromPem(files.Text(path), path);

    public static X509Certificate2Collection FromPem(string pem, string where)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (System.Security.Cryptography.CryptographicException e)
        {
            throw new AccessException($"{where}: is no PEM certificate: {e.Message}", e);
        }
        return certificates.Count > 0 ? certificates : throw new AccessException($"{where}: holds no PEM certificate");
    }

    public static X509Certificate2 WithKey(string certificatePem, string keyPem, string where)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificatePem, keyPem);
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            throw new AccessException($"{where}: client certificate and key do not go together: {e.Message}", e);
        }
    }
}
