namespace NetAgent.Host.Plugins;

/// <summary>Copies of drop-in plugins below the state directory: <c>drop-in/NAME/DIGEST/NAME/</c>.</summary>
internal sealed class StageFolders(string stateDirectory)
{
    public const string Name = "drop-in";

    /// <summary>Why one that nobody uses is still there; null when none is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Removes every copy but these. A copy that is in use as files only (a context that is being unloaded) does not mind.</summary>
    public void Keep(IEnumerable<PluginImage> used)
    {
        Problem = null;
        var kept = used.Where(image => image.IsDropIn).Select(image => (image.Name, image.FolderDigest)).ToHashSet();
        var root = new DirectoryInfo(Path.Combine(stateDirectory, Name));
        try
        {
            foreach (var plugin in root.Exists ? root.GetDirectories() : [])
            {
                foreach (var copy in plugin.GetDirectories().Where(copy => !kept.Contains((plugin.Name, copy.Name))))
                {
                    copy.Delete(recursive: true);
                }
                if (!kept.Any(image => image.Name == plugin.Name))
                {
                    plugin.Delete(recursive: true);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Problem = $"a copy of a drop-in plugin that is not used any more cannot be removed: {failure.Message}; remove it from {root.FullName} when the agent does not run";
        }
    }
}
