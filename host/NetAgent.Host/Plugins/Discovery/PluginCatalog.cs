using System.Security.Cryptography;
using NetAgent.Contracts;
using NetAgent.Dataplane.Files;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Host.Plugins.Discovery;

/// <summary>Finds plugins by their folder: <c>DIRECTORY/NAME/</c> holds exactly one assembly that carries NetAgentContract.</summary>
internal static class PluginCatalog
{
    /// <summary>Bytes that one file may have.</summary>
    public const long FileLimit = 64 << 20;

    /// <summary>Names of all folders, sorted.</summary>
    public static IReadOnlyList<string> Names(string directory) => Directory.Exists(directory)
        ? [.. Directory.EnumerateDirectories(directory).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The image has a folder of this name, which wins over one in the drop-in directory.</summary>
    public static bool IsThere(string directory, string name) => Directory.Exists(Path.Combine(directory, name));

    public static PluginSearchResult Find(string directory, string name, bool isDropIn = false)
    {
        if (!IsThere(directory, name))
        {
            return NotFound(name, directory);
        }
        var folder = Path.Combine(directory, name);
        try
        {
            return Inspect(folder, name, isDropIn);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return Refuse(name, "Unreadable", $"{folder} cannot be read ({unreadable.Message})", "make it readable to the agent");
        }
        catch (FormatException unreadable)
        {
            return Refuse(name, "Unreadable", unreadable.Message, "deliver what `dotnet publish` gives");
        }
    }

    private static PluginSearchResult Inspect(string folder, string name, bool isDropIn)
    {
        var candidates = new List<(string Path, PluginMetadata Metadata)>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.dll").Order(StringComparer.Ordinal))
        {
            using var file = RegularFile.Open(path, FileLimit, out _);
            var metadata = PluginMetadata.Read(file);
            // A copy of the contract beside the plugin is never loaded; the host's own is shared.
            if (metadata is { Contract: not null } && metadata.AssemblyName != SharedAssemblies.Contract)
            {
                candidates.Add((path, metadata));
            }
        }
        if (candidates.Count != 1)
        {
            return candidates.Count == 0
                ? Refuse(name, "NoPluginAssembly", $"no DLL in {folder} carries the attribute NetAgentContract",
                    "build it against NetAgent.Contracts, which adds it")
                : Refuse(name, "SeveralPluginAssemblies",
                    $"{string.Join(" and ", candidates.Select(c => Path.GetFileName(c.Path)))} all carry NetAgentContract",
                    "leave one plugin per folder");
        }
        var (assembly, found) = candidates[0];
        var (major, minor) = found.Contract!.Value;
        if (major != ContractVersion.Major || minor > ContractVersion.Minor)
        {
            return Refuse(name, "UnsupportedContract",
                $"{Path.GetFileName(assembly)} was built for contract {major}.{minor}; this agent has"
                    + $" {ContractVersion.Major}.{ContractVersion.Minor}",
                major < ContractVersion.Major ? "rebuild the plugin against the agent's NetAgent.Contracts"
                    : "upgrade the agent, or use a plugin built for its contract");
        }
        var dependencies = PluginDependencies.Read(assembly);
        if (dependencies.Outside is { } outside)
        {
            return Refuse(name, "LibraryOutside",
                $"{Path.GetFileNameWithoutExtension(assembly)}.deps.json names {outside}, which leads out of {folder}",
                "deliver every library in the folder, and the .deps.json that `dotnet publish` gives");
        }
        if (dependencies.Missing is { } missing)
        {
            return Refuse(name, "DependencyMissing",
                $"{Path.GetFileNameWithoutExtension(assembly)}.deps.json names {missing}, which is not beside it",
                "deliver the whole folder that `dotnet publish` gives");
        }
        if (PluginReferences.FindMissing(assembly) is { } lacking)
        {
            return Refuse(name, "DependencyMissing", lacking, "deliver the whole folder that `dotnet publish` gives");
        }
        if (PluginRuntimeConfig.FindProbing(folder) is { } probing)
        {
            return Refuse(name, "ProbingPaths", $"{probing}: libraries would come from outside {folder}",
                "delete it and deliver every library in the folder");
        }
        using var content = RegularFile.Open(assembly, FileLimit, out _);
        var digest = Convert.ToHexStringLower(SHA256.HashData(content));
        return new(new(name, assembly, found.Version, major, minor, digest, isDropIn), null);
    }

    /// <summary>A refusal that names the directories looked into and the nearest name there.</summary>
    public static PluginSearchResult NotFound(string name, params string[] directories)
    {
        var nearest = NearestName.Of(name, directories.SelectMany(Names));
        return Refuse(name, "NotFound",
            $"there is no folder {string.Join(" and no folder ", directories.Select(directory => Path.Combine(directory, name)))}",
            nearest is null ? "put its DLL and .deps.json there, or remove the entry" : $"did you mean '{nearest}'?");
    }

    private static PluginSearchResult Refuse(string name, string reason, string message, string fix) =>
        new(null, new(name, reason, message, fix));
}
