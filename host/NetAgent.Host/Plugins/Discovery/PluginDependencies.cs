using System.Text.Json;
using NetAgent.Dataplane.Files;

namespace NetAgent.Host.Plugins.Discovery;

/// <summary>
/// What an assembly's .deps.json says: which libraries must lie beside it, and that none comes from outside its folder, where nobody
/// checked it and no digest lists it.
/// </summary>
internal sealed class PluginDependencies
{
    private const long Limit = 4 << 20;

    private PluginDependencies()
    {
    }

    /// <summary>The first library that is missing, as <c>FILE (PACKAGE/VERSION)</c>; null when all are there.</summary>
    public string? Missing { get; private init; }

    /// <summary>The first name that leads out of the folder; null when none does.</summary>
    public string? Outside { get; private init; }

    /// <summary>Reads it; nothing is amiss where there is none.</summary>
    /// <exception cref="FormatException">The .deps.json is none.</exception>
    public static PluginDependencies Read(string assemblyPath)
    {
        var path = Path.ChangeExtension(assemblyPath, ".deps.json");
        if (!File.Exists(path))
        {
            return new();
        }
        try
        {
            // Of a key that is given twice the runtime takes the first, JsonElement the last.
            using var document = JsonDocument.Parse(RegularFile.ReadAllBytes(path, Limit), new() { AllowDuplicateProperties = false });
            return new()
            {
                Outside = FindOutside(document.RootElement),
                Missing = FindMissing(
                document.RootElement, Path.GetDirectoryName(assemblyPath)!)
            };
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"{Path.GetFileName(path)} is not as `dotnet publish` writes it: {failure.Message}", failure);
        }
    }

    // {"runtimeTarget": {"name": T}, "targets": {T: {"PACKAGE/VERSION": {"runtime": {"lib/net10.0/FILE": …}}}}}
    private static string? FindMissing(JsonElement root, string folder)
    {
        var target = root.GetProperty("runtimeTarget").GetProperty("name").GetString()
            ?? throw new JsonException("runtimeTarget.name is null");
        foreach (var library in root.GetProperty("targets").GetProperty(target).EnumerateObject())
        {
            if (!library.Value.TryGetProperty("runtime", out var assets))
            {
                continue;
            }
            foreach (var asset in assets.EnumerateObject())
            {
                var file = Path.GetFileName(asset.Name);
                // "_._" stands for nothing; the contract is the agent's own; what the framework has need not be delivered.
                if (file != "_._" && file != SharedAssemblies.Contract + ".dll" && !SharedAssemblies.IsFramework(file)
                    && !File.Exists(Path.Combine(folder, file)) && !File.Exists(Path.Combine(folder, asset.Name)))
                {
                    return $"{file} ({library.Name})";
                }
            }
        }
        return null;
    }

    // Of every target and in every group (runtime, native, resources, runtimeTargets): {"FILE": {"localPath": "FILE", …}}.
    private static string? FindOutside(JsonElement root) => root.GetProperty("targets").EnumerateObject()
        .SelectMany(target => target.Value.EnumerateObject())
        .SelectMany(library => library.Value.EnumerateObject())
        .Where(group => group.Value.ValueKind == JsonValueKind.Object)
        .SelectMany(group => group.Value.EnumerateObject())
        .SelectMany(asset => asset.Value.ValueKind == JsonValueKind.Object && asset.Value.TryGetProperty("localPath", out var local)
            ? [asset.Name, local.GetString() ?? ""]
            : (string[])[asset.Name])
        .FirstOrDefault(LeadsOut);

    // Also where a step down follows the one up: of a resource the runtime takes the last two parts alone.
    private static bool LeadsOut(string name) => name.StartsWith('/') || name.Split('/').Contains("..");
}
