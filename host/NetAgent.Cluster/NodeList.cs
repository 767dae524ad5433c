using NetAgent.Cluster.Api;
using NetAgent.Cluster.Manifests;
using NetAgent.Cluster.Objects;
using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;

namespace NetAgent.Cluster;

/// <summary>All Nodes, read once: for commands that name others. The agent itself follows its own only.</summary>
public static class NodeList
{
    /// <summary>Nodes of manifests; files that cannot be parsed have none.</summary>
    /// <exception cref="IOException">The folder or a file cannot be read.</exception>
    public static IReadOnlyList<Node> FromManifests(string path, Func<string, byte[]> readFile)
    {
        var reader = new ObjectReader();
        return [.. (ManifestFolder.Find(path) ?? throw new IOException($"{path}: there is no such file or folder"))
            .SelectMany(file => ManifestFile.Read(file, Text(file, readFile), reader).Objects)
            .Select(found => found.Value).OfType<Node>()];
    }

    private static string Text(string file, Func<string, byte[]> readFile)
    {
        var (text, _, problem) = ConfigNodeReader.ReadText(file, readFile);
        return text ?? throw new IOException($"{file}: {problem ?? "vanished while it was read"}");
    }

    /// <summary>Nodes of an API server; takes the right to list nodes.</summary>
    /// <exception cref="IOException">The server cannot be reached, or refuses.</exception>
    public static async Task<IReadOnlyList<Node>> FromServerAsync(ApiServerOptions options, CancellationToken cancellationToken)
    {
        using var client = Connect(options);
        try
        {
            return await ReadAsync(client, options, cancellationToken);
        }
        catch (Exception e) when (FetchErrors.IsExpected(e) && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException(FetchErrors.Describe(Resource.Nodes, e).Message, e);
        }
    }

    internal static async Task<IReadOnlyList<Node>> ReadAsync(ApiClient client, ApiServerOptions options,
        CancellationToken cancellationToken)
    {
        var objects = new ObjectReader();
        var nodes = new List<Node>();
        await new PagedList(client, options).ReadAsync(Resource.Nodes, Resource.Nodes.Selections[0], nodes.Clear, item =>
        {
            if (objects.Read(ObjectKind.Node, item, "nodes").Value is Node node)
            {
                nodes.Add(node);
            }
        }, cancellationToken);
        return nodes;
    }

    private static ApiClient Connect(ApiServerOptions options)
    {
        try
        {
            return ApiServerSource.Connect(options);
        }
        catch (InvalidOperationException unusable)
        {
            throw new IOException(unusable.Message, unusable);
        }
    }
}
