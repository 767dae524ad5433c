namespace NetAgent.Host.Configuration;

/// <summary>
/// Notices changed files by stat, through links: a ConfigMap volume swaps <c>..data</c>, which watchers on the file itself never see and
/// inotify misses on some mounts.
/// </summary>
internal sealed class FileStamps
{
    private Dictionary<string, (string? Target, DateTime Written, long Length)> _seen = [];

    /// <summary>True when one of the files came, went or changed since the last call, or the list did.</summary>
    public bool HaveChanged(IEnumerable<string> paths)
    {
        var now = new Dictionary<string, (string?, DateTime, long)>(StringComparer.Ordinal);
        foreach (var path in paths.SelectMany(path => ConfigFolder.Is(path) ? ConfigFolder.Files(path) : [path]))
        {
            now[path] = Stamp(Path.GetFullPath(path));
        }
        var changed = now.Count != _seen.Count || now.Any(stamp => !_seen.TryGetValue(stamp.Key, out var old) || old != stamp.Value);
        _seen = now;
        return changed;
    }

    private static (string?, DateTime, long) Stamp(string path)
    {
        try
        {
            var file = new FileInfo(path);
            var target = RealPath(path);
            var real = target is null ? file : new FileInfo(target);
            return real.Exists ? (target, real.LastWriteTimeUtc, real.Length) : default;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Gone between two looks, a link that leads nowhere, or not ours to see: the same as not there.
            return default;
        }
    }

    // agent.yaml -> ..data/agent.yaml, ..data -> ..2026_11_21: the folder link is the one that is swapped.
    public static string? RealPath(string path)
    {
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName;
        var folder = Path.GetDirectoryName(target ?? path);
        return folder is not null && Directory.ResolveLinkTarget(folder, returnFinalTarget: true) is { } real
            ? Path.Combine(real.FullName, Path.GetFileName(target ?? path))
            : target;
    }
}
