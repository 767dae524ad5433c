using System.Security.Cryptography;
using NetAgent.Contracts;
using NetAgent.Host.Configuration;

namespace NetAgent.Host.Plugins;

/// <summary>Finds plugins by their folder: <c>DIRECTORY/NAME/</c> holds exactly one assembly that carries NetAgentContract.</summary>
internal static class PluginCatalog
{
    /// <summary>Names of all folders, sorted.</summary>
    public static IReadOnlyList<string> Names(string directory) => Directory.Exists(directory)
        ? [.. Directory.EnumerateDirectories(directory).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Where a configuration says: among the image's plugins, else in the drop-in directory, of which a copy is staged.</summary>
    public static PluginSearchResult Find(AgentConfiguration agent, string stateDirectory, string name)
    {
        var built = Find(agent.PluginDirectory, name);
        return agent.DropIn is { } dropIn && built.Refusal?.Reason == "NotFound" && new DropInStage(dropIn, stateDirectory) is var stage
            && stage.Names.Contains(name)
            ? stage.Find(name)
            : built;
    }

    public static PluginSearchResult Find(string directory, string name, bool isDropIn = false)
    {
        var folder = Path.Combine(directory, name);
        if (!Directory.Exists(folder))
        {
            var nearest = NearestName.Of(name, Names(directory));
            return Refuse(name, "NotFound", $"there is no folder {folder}",
                nearest is null ? $"put its DLL and .deps.json there, or remove the entry" : $"did you mean '{nearest}'?");
        }
        try
        {
            return Inspect(folder, name, isDropIn);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return Refuse(name, "Unreadable", $"{folder} cannot be read ({unreadable.Message})", "make it readable to the agent");
        }
    }

    private static PluginSearchResult Inspect(string folder, string name, bool isDropIn)
    {
        var candidates = new List<(string Path, PluginMetadata Metadata)>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.dll").Order(StringComparer.Ordinal))
        {
            var metadata = PluginMetadata.Read(path);
            // A copy of the contract beside the plugin is never loaded; the host's own is shared.
            if (metadata is { Contract: not null } && metadata.AssemblyName != PluginLoadContext.SharedAssembly)
            {
                candidates.Add((path, metadata));
            }
        }
        if (candidates.Count != 1)
        {
            return candidates.Count == 0
                ? Refuse(name, "NoPluginAssembly", $"no DLL in {folder} carries the attribute NetAgentContract", "build it against NetAgent.Contracts, which adds it")
                : Refuse(name, "SeveralPluginAssemblies", $"{string.Join(" and ", candidates.Select(c => Path.GetFileName(c.Path)))} all carry NetAgentContract", "leave one plugin per folder");
        }
        var (assembly, found) = candidates[0];
        var (major, minor) = found.Contract!.Value;
        if (major != ContractVersion.Major || minor > ContractVersion.Minor)
        {
            return Refuse(name, "UnsupportedContract",
                $"{Path.GetFileName(assembly)} was built for contract {major}.{minor}; this agent has {ContractVersion.Major}.{ContractVersion.Minor}",
                major < ContractVersion.Major ? "rebuild the plugin against the agent's NetAgent.Contracts" : "upgrade the agent, or use a plugin built for its contract");
        }
        var digest = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(assembly)));
        return new(new(name, assembly, found.Version, major, minor, digest, isDropIn), null);
    }

    private static PluginSearchResult Refuse(string name, string reason, string message, string fix) =>
        new(null, new(name, reason, message, fix));
}
