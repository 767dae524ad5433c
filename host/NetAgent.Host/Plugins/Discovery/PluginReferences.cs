using System.Runtime.Loader;
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
    /// <exception cref="FormatException">The runtime cannot make sense of its .deps.json.</exception>
    public static string? FindMissing(string assemblyPath)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(assemblyPath))!;
        var beside = Directory.EnumerateFiles(folder, "*.dll", SearchOption.AllDirectories)
            .Select(path => Path.GetFileNameWithoutExtension(path)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        // Made for plugins that bring libraries: it takes some milliseconds.
        var resolver = new Lazy<AssemblyDependencyResolver>(() => Resolver(assemblyPath));
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
                if (beside.Contains(name) && Delivered(resolver.Value, folder, name) is { } library)
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

    private static AssemblyDependencyResolver Resolver(string assemblyPath)
    {
        try
        {
            return new(assemblyPath);
        }
        catch (InvalidOperationException unresolved)
        {
            throw new FormatException($"{Path.GetFileNameWithoutExtension(assemblyPath)}.deps.json cannot be followed: {unresolved.Message}", unresolved);
        }
    }

    // Where the load context will look, in its order: a DLL that merely lies somewhere in the folder is not found there.
    private static string? Delivered(AssemblyDependencyResolver resolver, string folder, string name)
    {
        var path = resolver.ResolveAssemblyToPath(new(name)) ?? Path.Combine(folder, name + ".dll");
        return File.Exists(path) && Path.GetFullPath(path).StartsWith(folder + '/', StringComparison.Ordinal) ? path : null;
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
