using NetAgent.Dataplane.Files;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.State;

namespace NetAgent.Host.Plugins.DropIn;

/// <summary>Copies of drop-in plugins below the state directory: <c>drop-in/NAME/DIGEST/NAME/</c>.</summary>
internal sealed class StageFolders(string stateDirectory)
{
    public const string Name = "drop-in";

    /// <summary>Why one that nobody uses is still there; null when none is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Makes a directory that is ours alone, or sees that the one there is.</summary>
    /// <exception cref="UntrustedPathException">What is there is a link, another's, or writable by others.</exception>
    public static void MakePrivate(string path)
    {
        if (FileStatus.Of(path, followLinks: false) is null)
        {
            Directory.CreateDirectory(path, StateFolder.Private);
        }
        CheckPrivate(path);
    }

    private static void CheckPrivate(string path)
    {
        var status = FileStatus.Of(path, followLinks: false)!.Value;
        if (!status.IsDirectory || !TrustedPath.IsOurs(status) || TrustedPath.IsWritableByOthers(status))
        {
            throw new UntrustedPathException("StageNotPrivate",
                $"{path}, where copies of drop-in plugins go, is a {status.Kind} of user {status.Owner}, mode"
                    + $" {Convert.ToString((int)status.Mode, 8)}; it must be a directory that the agent alone may write",
                "look who put it there, and remove it");
        }
    }

    /// <summary>
    /// Removes every copy but these. A copy that is in use as files only (a context that is being unloaded) does not mind.
    /// </summary>
    public void Keep(IEnumerable<PluginImage> used)
    {
        Problem = null;
        var kept = used.Where(image => image.IsDropIn).Select(image => (image.Name, image.FolderDigest)).ToHashSet();
        var root = new DirectoryInfo(Path.Combine(stateDirectory, Name));
        try
        {
            if (FileStatus.Of(root.FullName, followLinks: false) is null)
            {
                return;
            }
            CheckPrivate(root.FullName);
            foreach (var plugin in root.GetDirectories())
            {
                CheckPrivate(plugin.FullName);
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
            Problem = $"a copy of a drop-in plugin that is not used any more cannot be removed: {failure.Message}; remove it from"
                + $" {root.FullName} when the agent does not run";
        }
    }
}
