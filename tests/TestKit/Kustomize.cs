using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Serialization;

namespace NetAgent.TestKit;

/// <summary>deploy/kustomize as a current kubectl renders it.</summary>
public static class Kustomize
{
    private static readonly ConcurrentDictionary<string, IReadOnlyList<JsonNode>> _rendered = new(StringComparer.Ordinal);

    private static readonly Lazy<string> Kubectl = new(() => Shell.Run(Path.Combine(RepositoryRoot.Path, "tests/Lab/kubectl")).Trim());

    private static readonly IDeserializer Reader = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();
    private static readonly ISerializer Writer = new SerializerBuilder().JsonCompatible().Build();

    /// <summary>What is deployed.</summary>
    public static string Folder { get; } = Path.Combine(RepositoryRoot.Path, "deploy/kustomize");

    /// <summary>The base.</summary>
    public static IReadOnlyList<JsonNode> Base() => Render(Path.Combine(Folder, "base"));

    /// <summary>One of deploy/kustomize/overlays.</summary>
    public static IReadOnlyList<JsonNode> Deployed(string overlay) => Render(Path.Combine(Folder, "overlays", overlay));

    /// <summary>The objects of a stream of YAML documents.</summary>
    public static IReadOnlyList<JsonNode> Parse(string text) =>
        [.. $"\n{text}".Split("\n---").Where(document => document.Split('\n').Any(line => line.Trim().Length > 0 && !line.StartsWith('#'))).Select(ToJson)];

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

    /// <summary>
    /// The base's own files with the patches of components, as far as they add to the pod's lists: in an emulated kernel rendering takes
    /// most of a minute. Names and namespaces are as written.
    /// </summary>
    /// <param name="components">Folders beside the base.</param>
    public static IReadOnlyList<JsonNode> Unrendered(params string[] components)
    {
        JsonNode[] objects = [.. Directory.EnumerateFiles(Path.Combine(Folder, "base")).Where(file => Path.GetFileName(file) != "kustomization.yaml")
            .SelectMany(file => Parse(File.ReadAllText(file)))];
        foreach (var patch in components.SelectMany(component => ToJson(File.ReadAllText(Path.Combine(Folder, component, "kustomization.yaml")))["patches"]?.AsArray() ?? []))
        {
            if (ToJson((string)patch!["patch"]!) is JsonArray operations)
            {
                foreach (var operation in operations)
                {
                    var path = ((string)operation!["path"]!).Split('/')[1..^1];
                    path.Aggregate((JsonNode)objects.OfKind("DaemonSet").Single(), (node, key) => node is JsonArray list ? list[int.Parse(key, CultureInfo.InvariantCulture)]! : node[key]!)
                        .AsArray().Add(operation["value"]!.DeepClone());
                }
                continue;
            }
            var pod = ToJson((string)patch["patch"]!)["spec"]!["template"]!["spec"]!;
            Append(pod["volumes"], objects.Pod()["volumes"]!);
            Append(pod["containers"]?[0]?["volumeMounts"], objects.Container()["volumeMounts"]!);
        }
        return objects;
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

    private static void Append(JsonNode? items, JsonNode list)
    {
        foreach (var item in items?.AsArray() ?? [])
        {
            list.AsArray().Add(item!.DeepClone());
        }
    }

    private static IReadOnlyList<JsonNode> RenderAnew(string folder) => Parse(Shell.Run(Kubectl.Value, "kustomize", folder));

    private static JsonNode ToJson(string yaml) => JsonNode.Parse(Writer.Serialize(Reader.Deserialize(yaml)!))!;
}
