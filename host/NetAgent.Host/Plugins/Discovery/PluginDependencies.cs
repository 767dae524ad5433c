using System.Text.Json;
using NetAgent.Dataplane.Files;

namespace NetAgent.Host.Plugins.Discovery;

/// <summary>What an assembly's .deps.json says must lie beside it.</summary>
internal static class PluginDependencies
{
    private const long Limit = 4 << 20;

    /// <summary>The first library that is missing, as <c>FILE (PACKAGE/VERSION)</c>; null when all are there or there is no .deps.json.</summary>
    /// <exception cref="FormatException">The .deps.json is none.</exception>
    public static string? FindMissing(string assemblyPath)
    {
        var path = Path.ChangeExtension(assemblyPath, ".deps.json");
        if (!File.Exists(path))
        {
            return null;
        }
        try
        {
            using var document = JsonDocument.Parse(RegularFile.ReadAllBytes(path, Limit));
            return FindMissing(document.RootElement, Path.GetDirectoryName(assemblyPath)!);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"{Path.GetFileName(path)} is not as `dotnet publish` writes it: {failure.Message}", failure);
        }
    }

    // {"runtimeTarget": {"name": T}, "targets": {T: {"PACKAGE/VERSION": {"runtime": {"lib/net10.0/FILE": …}}}}}
    private static string? FindMissing(JsonElement root, string folder)
    {
        var target = root.GetProperty("runtimeTarget").GetProperty("name").GetString()!;
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
}
