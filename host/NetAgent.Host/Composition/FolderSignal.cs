using System.Collections.Concurrent;
using NetAgent.Dataplane.Files;
using NetAgent.Host.Configuration;
using NetAgent.Host.Timing;

namespace NetAgent.Host.Composition;

/// <summary>
/// Says when something happens in the folders of some files (inotify), or in those that their links lead to. Where a folder cannot be
/// watched, and on mounts that tell nothing, only looking is left.
/// </summary>
internal sealed class FolderSignal : IDisposable
{
    private readonly WakeSignal _signal = new();
    private readonly Dictionary<string, (FileSystemWatcher Watcher, ulong? Inode)> _watchers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _broken = new(StringComparer.Ordinal);

    /// <summary>Watches the folders of these files, and no others any more.</summary>
    public void Watch(IEnumerable<string> files)
    {
        var folders = files.Where(file => !ConfigMapReference.Is(file)).SelectMany(Folders).ToHashSet(StringComparer.Ordinal);
        foreach (var folder in _watchers.Keys.Where(folder =>
            !folders.Contains(folder) || Inode(folder) != _watchers[folder].Inode || _broken.TryRemove(folder, out _)).ToArray())
        {
            Drop(folder);
        }
        foreach (var folder in folders.Where(folder => !_watchers.ContainsKey(folder)))
        {
            Start(folder);
        }
    }

    /// <summary>Waits until something happens, or for the time to pass.</summary>
    public Task WaitAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) =>
        _signal.WaitAsync(limit, time, cancellationToken);

    public void Dispose()
    {
        foreach (var (watcher, _) in _watchers.Values)
        {
            watcher.Dispose();
        }
        _signal.Dispose();
    }

    private static IEnumerable<string> Folders(string file)
    {
        var path = Path.GetFullPath(file);
        if (ConfigFolder.Is(path))
        {
            yield return path;
        }
        else if (Path.GetDirectoryName(path) is { } folder)
        {
            yield return folder;
        }
        if (RealFolder(path) is { } real)
        {
            yield return real;
        }
    }

    // A folder that was made anew is another, and nothing is heard of it.
    private static ulong? Inode(string folder)
    {
        try
        {
            return FileStatus.Of(folder)?.Inode;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string? RealFolder(string path)
    {
        try
        {
            return Path.GetDirectoryName(FileStamps.RealPath(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No such folder yet, a link in a circle, or not ours to see.
            return null;
        }
    }

    private void Start(string folder)
    {
        var inode = Inode(folder);
        try
        {
            var watcher = new FileSystemWatcher(folder)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            watcher.Changed += (_, _) => _signal.Set();
            watcher.Created += (_, _) => _signal.Set();
            watcher.Deleted += (_, _) => _signal.Set();
            watcher.Renamed += (_, _) => _signal.Set();
            // The kernel's queue ran over or the folder went: it is looked at, and watched anew if it is there.
            watcher.Error += (_, _) =>
            {
                _broken[folder] = true;
                _signal.Set();
            };
            watcher.EnableRaisingEvents = true;
            _watchers[folder] = (watcher, inode);
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // No inotify instance left, or no such folder.
        }
    }

    private void Drop(string folder)
    {
        _watchers[folder].Watcher.Dispose();
        _watchers.Remove(folder);
    }
}
