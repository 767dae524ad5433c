using System.Text;
using System.Text.Json;
using NetAgent.Cluster.Manifests;
using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Api.Access;

/// <summary>
/// KUBERNETES_EXEC_INFO: what a credential plugin is told (client.authentication.k8s.io, ExecCredentialSpec and Cluster).
/// </summary>
internal static class ExecInput
{
    // The cluster's extension that is meant for the plugin.
    private const string ConfigExtension = "client.authentication.k8s.io/exec";

    /// <param name="version">apiVersion.</param>
    /// <param name="server">Null unless provideClusterInfo.</param>
    /// <param name="cluster">The kubeconfig's cluster.</param>
    /// <param name="folder">The kubeconfig's folder.</param>
    /// <param name="files">Reads the CA file.</param>
    /// <exception cref="AccessException">The CA file cannot be read.</exception>
    public static string Text(string version, Uri? server, ConfigNode cluster, string folder, AccessFiles files)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("apiVersion", version);
            writer.WriteString("kind", "ExecCredential");
            writer.WriteStartObject("spec");
            writer.WriteBoolean("interactive", false);
            if (server is not null)
            {
                writer.WriteStartObject("cluster");
                Write(writer, server, cluster, folder, files);
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter writer, Uri server, ConfigNode cluster, string folder, AccessFiles files)
    {
        writer.WriteString("server", server.OriginalString);
        foreach (var key in (ReadOnlySpan<string>)["tls-server-name", "proxy-url"])
        {
            if (Kubeconfig.Text(cluster, key) is { } value)
            {
                writer.WriteString(key, value);
            }
        }
        foreach (var key in (ReadOnlySpan<string>)["insecure-skip-tls-verify", "disable-compression"])
        {
            if (Kubeconfig.Text(cluster, key) == "true")
            {
                writer.WriteBoolean(key, true);
            }
        }
        // The plugin gets the certificates themselves, wherever they were: it need not know the kubeconfig's folder.
        if (Kubeconfig.Text(cluster, "certificate-authority-data") is { } data)
        {
            writer.WriteString("certificate-authority-data", data);
        }
        else if (Kubeconfig.Text(cluster, "certificate-authority") is { } file)
        {
            writer.WriteString("certificate-authority-data", Convert.ToBase64String(files.Bytes(Path.Combine(folder, file))));
        }
        var extension = (cluster.Find("extensions")?.Items ?? [])
            .FirstOrDefault(e => Kubeconfig.Text(e, "name") == ConfigExtension);
        if (extension is not null && extension.Find("extension") is { } config)
        {
            writer.WritePropertyName("config");
            writer.WriteRawValue(ConfigNodeJson.ToJson(config));
        }
    }
}
