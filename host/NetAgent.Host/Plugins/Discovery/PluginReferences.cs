using NetAgent.Dataplane.Files;

namespace NetAgent.Host.Plugins.Discovery;

/// <summary>
/// What a plugin's assemblies need by their own metadata. A load context falls back to the host's libraries, so a plugin that leans on one
/// of them would work until the host's next upgrade: it is refused before it is loaded.
/// </summary>
internal static class PluginReferences
{
    /// <summary>The first reference that neither the folder nor the framework nor the contract satisfies, for people; null when all are.</summary>
    /// <param name="assemblyPath">The plugin's own assembly; what it needs is followed through the folder.</param>
    public static string? FindMissing(string assemblyPath)
    {
        var folder = Path.GetDirectoryName(assemblyPath)!;
        // Libraries of a runtime's own lie deeper: runtimes/linux-x64/lib/net10.0/FILE.
        var delivered = Directory.EnumerateFiles(folder, "*.dll", SearchOption.AllDirectories)
            .GroupBy(path => Path.GetFileNameWithoutExtension(path), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.OrdinalIgnoreCase);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var unread = new Queue<string>([assemblyPath]);
        while (unread.TryDequeue(out var path))
        {
            foreach (var (name, version) in Read(path))
            {
                if (name == SharedAssemblies.Contract || !seen.Add(name))
                {
                    continue;
                }
                if (delivered.TryGetValue(name, out var library))
                {
                    unread.Enqueue(library);
                }
                else if (Lack(name, version) is { } lack)
                {
                    return $"{Path.GetFileName(path)} needs {name} {version}, {lack}";
                }
            }
        }
        return null;
    }

    private static IReadOnlyList<(string Name, Version Version)> Read(string path)
    {
        using var file = RegularFile.Open(path, PluginCatalog.FileLimit, out _);
        return PluginMetadata.Read(file)?.References ?? [];
    }

    private static string? Lack(string name, Version version) =>
        !SharedAssemblies.IsFramework(name + ".dll") ? "which is neither beside it nor the framework's"
        : version.Major > Environment.Version.Major ? $"and the agent's framework is {Environment.Version.ToString(2)}"
        : null;
}
