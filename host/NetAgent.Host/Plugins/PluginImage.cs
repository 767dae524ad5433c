namespace NetAgent.Host.Plugins;

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

/// <summary>Why a plugin is not loaded. Shown in log, status, metrics and events.</summary>
/// <param name="Plugin">Its name.</param>
/// <param name="Reason">CamelCase word for metrics and events.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Fix">What to do about it.</param>
internal sealed record PluginRefusal(string Plugin, string Reason, string Message, string Fix)
{
    public override string ToString() => $"plugin '{Plugin}' is refused: {Message}; {Fix}";
}

/// <summary>One of image and refusal.</summary>
internal sealed record PluginSearchResult(PluginImage? Image, PluginRefusal? Refusal);
