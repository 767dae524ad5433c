using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using YamlDotNet.Serialization;

namespace NetAgent.TestKit;

/// <summary>deploy/kustomize as a current kubectl renders it.</summary>
public static class Kustomize
{
    private static readonly ConcurrentDictionary<string, IReadOnlyList<JsonNode>> _rendered = new(StringComparer.Ordinal);

    private static readonly Lazy<string> Kubectl = new(() => Shell.Run(Path.Combine(RepositoryRoot.Path, "tests/Lab/kubectl")).Trim());

    /// <summary>What is deployed.</summary>
    public static string Folder { get; } = Path.Combine(RepositoryRoot.Path, "deploy/kustomize");

    /// <summary>The base.</summary>
    public static IReadOnlyList<JsonNode> Base() => Render(Path.Combine(Folder, "base"));

    /// <summary>One of deploy/kustomize/overlays.</summary>
    public static IReadOnlyList<JsonNode> Deployed(string overlay) => Render(Path.Combine(Folder, "overlays", overlay));

    /// <summary>The objects of a stream of YAML documents.</summary>
    public static IReadOnlyList<JsonNode> Parse(string text)
    {
        var reader = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();
        var writer = new SerializerBuilder().JsonCompatible().Build();
        return [.. $"\n{text}".Split("\n---").Where(document => document.Split('\n').Any(line => line.Trim().Length > 0 && !line.StartsWith('#')))
            .Select(document => JsonNode.Parse(writer.Serialize(reader.Deserialize(document)!))!)];
    }

    /// <summary>An overlay over the base.</summary>
    /// <param name="settings">YAML of further keys of its kustomization.yaml, such as <c>namespace: here</c>.</param>
    /// <param name="components">Folders beside the base.</param>
    public static IReadOnlyList<JsonNode> Overlay(string settings, params string[] components)
    {
        var overlay = Directory.CreateTempSubdirectory("netagent-overlay-").FullName;
        try
        {
            // kustomize takes relative paths only.
            string There(string name) => Path.GetRelativePath(overlay, Path.Combine(Folder, name));
            File.WriteAllText(Path.Combine(overlay, "kustomization.yaml"), $"""
                apiVersion: kustomize.config.k8s.io/v1beta1
                kind: Kustomization
                resources: ["{There("base")}"]
                components: [{string.Join(", ", components.Select(component => $"\"{There(component)}\""))}]
                {settings}
                """);
            return Render(overlay);
        }
        finally
        {
            Directory.Delete(overlay, recursive: true);
        }
    }

    /// <summary>The objects of a kind.</summary>
    public static IEnumerable<JsonNode> OfKind(this IEnumerable<JsonNode> objects, string kind) => objects.Where(o => (string?)o["kind"] == kind);

    /// <summary>The DaemonSet's pod.</summary>
    public static JsonNode Pod(this IEnumerable<JsonNode> objects) => objects.OfKind("DaemonSet").Single()["spec"]!["template"]!["spec"]!;

    /// <summary>Its one container.</summary>
    public static JsonNode Container(this IEnumerable<JsonNode> objects) => objects.Pod()["containers"]!.AsArray().Single()!;

    private static IReadOnlyList<JsonNode> Render(string folder)
    {
        // Most of a minute in an emulated kernel.
        var text = File.ReadAllText(Path.Combine(folder, "kustomization.yaml"));
        return _rendered.GetOrAdd(text, _ => RenderAnew(folder));
    }

    private static IReadOnlyList<JsonNode> RenderAnew(string folder) => Parse(Shell.Run(Kubectl.Value, "kustomize", folder));
}
