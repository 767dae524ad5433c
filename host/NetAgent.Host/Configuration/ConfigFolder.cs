namespace NetAgent.Host.Configuration;

/// <summary>A folder named where a file may be (a projected volume of several ConfigMaps): its files count, by name.</summary>
internal static class ConfigFolder
{
    public static bool Is(string path) => !ConfigMapReference.Is(path) && Directory.Exists(path);

    /// <summary>The files in it, in order; those with a leading dot are the volume's own (<c>..data</c>).</summary>
    public static IReadOnlyList<string> Files(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder).Where(path => !Path.GetFileName(path).StartsWith('.'))
                .Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone between two looks, or not to be listed: the caller reads the folder itself, and that says why.
            return [folder];
        }
    }
}
