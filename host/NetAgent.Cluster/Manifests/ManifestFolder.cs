namespace NetAgent.Cluster.Manifests;

/// <summary>
/// Finds the files of a FILE or DIR as <c>kubectl apply -f</c> does: a folder's .yaml, .yml and .json files, not those below it. In capitals,
/// too: whoever writes .YAML does not mean that it should not count.
/// </summary>
internal static class ManifestFolder
{
    /// <summary>The files in ordinal order, links that lead nowhere among them; null when there is nothing at the path.</summary>
    /// <exception cref="IOException">It cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be listed.</exception>
    public static IReadOnlyList<string>? Find(string path)
    {
        if (File.Exists(path))
        {
            return [path];
        }
        if (!Directory.Exists(path))
        {
            return null;
        }
        return [.. Directory.EnumerateFiles(path)
            .Where(file => IsManifest(file) && (File.Exists(file) || new FileInfo(file).LinkTarget is not null))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Folders that bear a manifest's name, in ordinal order: what is in them is not read.</summary>
    /// <exception cref="IOException">It cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be listed.</exception>
    public static IReadOnlyList<string> Misnamed(string path) =>
        Directory.Exists(path) ? [.. Directory.EnumerateDirectories(path).Where(IsManifest).Order(StringComparer.Ordinal)] : [];

    private static bool IsManifest(string file) => Path.GetExtension(file).ToUpperInvariant() is ".YAML" or ".YML" or ".JSON";

    /// <summary>Changes whenever the file does, links followed; two reads of one content may still differ.</summary>
    /// <exception cref="IOException">It is gone, or cannot be looked at.</exception>
    public static (long Length, long Ticks) Stamp(string file)
    {
        // The kubelet's files are links through the link ..data: the last of them is followed here, the kernel follows the folders.
        // Nothing is opened: opening a FIFO waits for somebody who writes.
        var info = File.ResolveLinkTarget(file, returnFinalTarget: true) as FileInfo ?? new FileInfo(file);
        return (info.Length, info.LastWriteTimeUtc.Ticks);
    }
}
