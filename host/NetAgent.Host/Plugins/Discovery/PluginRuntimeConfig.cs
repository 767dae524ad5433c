using System.Text.Json;
using NetAgent.Dataplane.Files;

namespace NetAgent.Host.Plugins.Discovery;

/// <summary>
/// A plugin's runtimeconfig files. Probing paths would take libraries from outside the folder, which nobody checked and no digest lists.
/// </summary>
internal static class PluginRuntimeConfig
{
    private const long Limit = 1 << 20;
    private const string Suffix = ".runtimeconfig.json";
    private const string DeveloperSuffix = ".runtimeconfig.dev.json";

    /// <summary>The file that leads out of the folder and how; null when none does.</summary>
    /// <exception cref="FormatException">One is no JSON.</exception>
    public static string? FindProbing(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            if (name.EndsWith(DeveloperSuffix, StringComparison.OrdinalIgnoreCase))
            {
                return $"{name} is a developer's file of probing paths";
            }
            if (name.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) && ReadProbingPath(path) is { } probed)
            {
                return $"{name} has additionalProbingPaths ({probed})";
            }
        }
        return null;
    }

    private static string? ReadProbingPath(string path)
    {
        try
        {
            // Of a key that is given twice the runtime takes the first, JsonElement the last.
            using var document = JsonDocument.Parse(RegularFile.ReadAllBytes(path, Limit), new() { AllowDuplicateProperties = false });
            return document.RootElement.TryGetProperty("runtimeOptions", out var options)
                && options.TryGetProperty("additionalProbingPaths", out var paths) && paths.ValueKind != JsonValueKind.Null
                ? paths.ValueKind == JsonValueKind.Array ? string.Join(", ", paths.EnumerateArray()) is { Length: > 0 } listed
                    ? listed : null : paths.ToString()
                : null;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new FormatException($"{Path.GetFileName(path)} is not as `dotnet publish` writes it: {failure.Message}", failure);
        }
    }
}
