namespace NetAgent.Cluster.Manifests;

/// <summary>Finds the files of a FILE or DIR as <c>kubectl apply -f</c> does: a folder's .yaml, .yml and .json files, not those below it.</summary>
internal static class ManifestFolder
{
    /// <summary>The files in ordinal order; null when there is nothing at the path.</summary>
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
            .Where(f => Path.GetExtension(f) is ".yaml" or ".yml" or ".json" && File.Exists(f))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Changes whenever the file does, links followed; two reads of one content may still differ.</summary>
    public static (long Length, long Ticks) Stamp(string file)
    {
        // The kubelet's files are links through the link ..data: only opening them shows what is behind both.
        using var handle = File.OpenHandle(file);
        return (RandomAccess.GetLength(handle), File.GetLastWriteTimeUtc(handle).Ticks);
    }
}
