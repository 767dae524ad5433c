using System.Security.Cryptography.X509Certificates;
using System.Text;
using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Api.Access;

/// <summary>Reads a kubeconfig as client-go does: contexts, embedded or named certificates, tokens, token files, exec plugins.</summary>
internal sealed class Kubeconfig
{
    private static readonly string[] CredentialKeys =
        ["tokenFile", "token", "username", "exec", "client-certificate", "client-certificate-data", "client-key", "client-key-data"];

    private readonly string _path;
    private readonly ConfigNode _root;
    private readonly TimeProvider _time;

    private readonly AccessFiles _files;

    private Kubeconfig(string path, ConfigNode root, TimeProvider time, AccessFiles files) => (_path, _root, _time, _files) = (path, root, time, files);

    public static ClusterAccess Load(string path, string? context, TimeProvider time, AccessFiles? files = null)
    {
        files ??= AccessFiles.Framework;
        var file = ConfigNodeReader.ReadKubeconfig(path, files.Read);
        if (file.Root is not { Kind: ConfigNodeKind.Mapping } root)
        {
            throw new AccessException($"{path}: {(file.Exists ? file.Problem ?? Otherwise(file.Root) : "there is no such file")}");
        }
        if (root.Find("contexts") is null && root.Find("clusters") is null)
        {
            throw new AccessException($"{path}: is no kubeconfig: it has neither clusters nor contexts");
        }
        return new Kubeconfig(path, root, time, files).Access(context);
    }

    // Without its text: a token's file is easily named in a kubeconfig's place.
    private static string Otherwise(ConfigNode? root) => root is null or { Kind: ConfigNodeKind.Null } ? "is empty"
        : $"is no kubeconfig: it holds {(root.Kind == ConfigNodeKind.Sequence ? "a list" : "one piece of text")} where clusters, contexts and users must stand";

    private ClusterAccess Access(string? wanted)
    {
        var name = wanted ?? Text(_root, "current-context")
            ?? throw new AccessException($"{_path}: current-context is not set; name a context");
        var context = Named("contexts", name, "context");
        var clusterName = Text(context, "cluster") ?? throw new AccessException($"{_path}: context '{name}' names no cluster");
        var cluster = Named("clusters", clusterName, "cluster");
        var server = Text(cluster, "server");
        if (!Uri.TryCreate(server, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http"))
        {
            throw new AccessException($"{_path}: cluster '{clusterName}': server '{UrlCredential.Hide(server)}' must be a URL such as https://192.0.2.1:6443");
        }
        var (roots, rootsFrom) = Roots(cluster, clusterName);
        var isInsecure = Text(cluster, "insecure-skip-tls-verify") == "true";
        if (isInsecure && roots is not null)
        {
            // As client-go: whoever gives a CA believes that it is checked.
            throw new AccessException($"{_path}: cluster '{clusterName}': insecure-skip-tls-verify: specifying a root certificates file with the insecure flag "
                + "is not allowed; take out insecure-skip-tls-verify, or certificate-authority(-data)");
        }
        var userName = Text(context, "user");
        var user = userName is null ? null : Named("users", userName, "user");
        var proxy = Proxy(cluster, clusterName);
        return new()
        {
            Server = UrlCredential.Without(uri),
            Roots = roots,
            RootsFrom = rootsFrom,
            SkipVerification = isInsecure,
            Where = $"{_path}: cluster '{clusterName}'",
            TlsServerName = ServerName(cluster, clusterName),
            Proxy = proxy is null ? null : UrlCredential.Without(proxy),
            ProxyCredential = proxy is null ? null : UrlCredential.Of(proxy),
            CredentialKey = user is not null && CredentialKeys.FirstOrDefault(key => Text(user, key) is not null || user.Find(key) is { Kind: ConfigNodeKind.Mapping }) is { } key ? $"the {key} of user '{userName}'"
                : uri.UserInfo.Length > 0 ? "the user that the URL names" : null,
            Credential = user is not null ? Credential(userName!, user, uri, cluster) : OfUrl(uri),
        };
    }

    private string? ServerName(ConfigNode cluster, string name)
    {
        var written = Text(cluster, "tls-server-name");
        return written is null || (Ascii.IsValid(written) && Uri.CheckHostName(written) is (UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6)) ? written
            : throw new AccessException($"{_path}: cluster '{name}': tls-server-name '{written}' must be a DNS name or an IP address that the server's certificate is for, "
                + "such as kubernetes.default.svc");
    }

    private Uri? Proxy(ConfigNode cluster, string name)
    {
        if (Text(cluster, "proxy-url") is not { } written)
        {
            return null;
        }
        // client-go's three; the handler would take SOCKS 4, too, which nobody else who reads this file does.
        if (Uri.TryCreate(written, UriKind.Absolute, out var proxy) && proxy.Scheme is ("http" or "https" or "socks5") && proxy.Host.Length > 0)
        {
            return proxy;
        }
        throw new AccessException($"{_path}: cluster '{name}': proxy-url '{UrlCredential.Hide(written)}' must be a URL with http, https or socks5, such as http://proxy.example:3128");
    }

    private (Func<X509Certificate2Collection>? Read, string From) Roots(ConfigNode cluster, string name)
    {
        if (Text(cluster, "certificate-authority-data") is { } data)
        {
            var roots = Certificates.FromPem(Decoded(data, $"cluster '{name}': certificate-authority-data"), $"{_path}: cluster '{name}'");
            return (() => roots, $"certificate-authority-data of cluster '{name}' in {_path}");
        }
        // Read for each connection: authorities are replaced, too.
        return FilePath(cluster, "certificate-authority") is { } file ? (() => Certificates.FromFile(file, _files), file) : (null, "the system's store");
    }

    private ICredential Credential(string name, ConfigNode user, Uri server, ConfigNode cluster)
    {
        var where = $"{_path}: user '{name}'";
        var certificatePem = Pem(user, name, "client-certificate");
        var keyPem = Pem(user, name, "client-key");
        var other = Authorization(user, server, cluster, where);
        return certificatePem is not null && keyPem is not null ? new CertificateCredential(other, new(certificatePem, keyPem, where))
            : certificatePem is null && keyPem is null ? other
            : throw new AccessException($"{where}: client-certificate and client-key must be given together");
    }

    private ICredential Authorization(ConfigNode user, Uri server, ConfigNode cluster, string where)
    {
        // client-go's order: tokenFile before token.
        if (FilePath(user, "tokenFile") is { } tokenFile)
        {
            return new FileTokenCredential(tokenFile, _time, _files);
        }
        if (Text(user, "token") is { } token)
        {
            return new StaticCredential($"Bearer {token}", null);
        }
        if (Text(user, "username") is { } userName)
        {
            return Basic(userName, Text(user, "password"));
        }
        if (user.Find("exec") is { Kind: ConfigNodeKind.Mapping } exec)
        {
            return new ExecCredential(ExecPlugin.Read(exec, where, Path.GetDirectoryName(Path.GetFullPath(_path))!, UrlCredential.Without(server), cluster, _files), _time);
        }
        if (user.Find("auth-provider") is not null)
        {
            throw new AccessException($"{where}: auth-provider was removed in Kubernetes 1.26; use an exec plugin");
        }
        return OfUrl(server);
    }

    // As Go's clients, where nothing else is shown.
    private static StaticCredential OfUrl(Uri server) => UrlCredential.Of(server) is { } named ? Basic(named.UserName, named.Password) : new(null, null);

    private static StaticCredential Basic(string user, string? password) => new("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")), null);

    private Func<string>? Pem(ConfigNode user, string name, string key)
    {
        if (Text(user, key + "-data") is { } data)
        {
            var pem = Decoded(data, $"user '{name}': {key}-data");
            return () => pem;
        }
        return FilePath(user, key) is { } file ? () => _files.Text(file, $"{_path}: user '{name}': {key}") : null;
    }

    private string Decoded(string base64, string where)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(base64));
        }
        catch (FormatException e)
        {
            throw new AccessException($"{_path}: {where}: is not base64", e);
        }
    }

    // Relative to the kubeconfig's folder, wherever the agent runs.
    private string? FilePath(ConfigNode node, string key) =>
        Text(node, key) is { } file ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_path))!, file) : null;

    private ConfigNode Named(string list, string name, string key)
    {
        var entry = _root.Find(list)?.Items.FirstOrDefault(i => Text(i, "name") == name);
        return entry is null ? throw new AccessException($"{_path}: {list} holds no '{name}'") : entry.Find(key) ?? new() { Kind = ConfigNodeKind.Null };
    }

    internal static string? Text(ConfigNode node, string key) => node.Find(key) is { Kind: ConfigNodeKind.Scalar, Text: { Length: > 0 } text } ? text : null;
}
