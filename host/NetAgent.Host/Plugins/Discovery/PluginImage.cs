namespace NetAgent.Host.Plugins.Discovery;

/// <summary>A plugin as it lies on disk, known from metadata alone: none of its code has been loaded.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="AssemblyPath">The one assembly that carries NetAgentContract.</param>
/// <param name="Version">Its informational version.</param>
/// <param name="ContractMajor">What it was built for.</param>
/// <param name="ContractMinor">The lowest minor that it needs.</param>
/// <param name="Digest">SHA-256 of the assembly, lower-case hex.</param>
/// <param name="IsDropIn">It came from the drop-in directory.</param>
internal sealed record PluginImage(
    string Name, string AssemblyPath, string Version, int ContractMajor, int ContractMinor, string Digest, bool IsDropIn)
{
    /// <summary>Of all files of a drop-in plugin with their names; null for one of the image.</summary>
    public string? FolderDigest { get; init; }
}

/// <summary>One of image and refusal.</summary>
internal sealed record PluginSearchResult(PluginImage? Image, PluginRefusal? Refusal);
