namespace NetAgent.Cluster.Manifests;

/// <summary>
/// Says when something happens in a file's folder (inotify): the folder, since editors and the kubelet replace files and links rather
/// than write into them. Where the folder cannot be watched, only the period is left.
/// </summary>
internal sealed class FolderWatch : IDisposable
{
    private readonly string _path;
    private readonly SemaphoreSlim _changed = new(0, 1);
    private FileSystemWatcher? _watcher;

    public FolderWatch(string path)
    {
        _path = Path.GetFullPath(path);
        Start();
    }

    /// <summary>True after a change, once nothing more has happened for a moment; false when the period passed or all was cancelled.</summary>
    public async Task<bool> WaitAsync(TimeSpan period, TimeSpan settle, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(period, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await _changed.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            Start();
            return false;
        }
        // Writers write in pieces; but one that never stops must not be waited for for ever.
        for (var i = 0; i < 20 && !cancellationToken.IsCancellationRequested; i++)
        {
            await Task.Delay(settle, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!await _changed.WaitAsync(0, CancellationToken.None))
            {
                break;
            }
        }
        return true;
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _changed.Dispose();
    }

    private void Start()
    {
        var folder = Directory.Exists(_path) ? _path : Path.GetDirectoryName(_path);
        if (_watcher is not null ? _watcher.Path == folder : !Directory.Exists(folder))
        {
            return;
        }
        _watcher?.Dispose();
        _watcher = null;
        try
        {
            var watcher = new FileSystemWatcher(folder!) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size };
            watcher.Changed += (_, _) => Signal();
            watcher.Created += (_, _) => Signal();
            watcher.Deleted += (_, _) => Signal();
            watcher.Renamed += (_, _) => Signal();
            // The folder itself went, or the kernel's queue ran over: look, and watch anew at the next period.
            watcher.Error += (_, _) =>
            {
                _watcher = null;
                watcher.Dispose();
                Signal();
            };
            watcher.EnableRaisingEvents = true;
            _watcher = watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // No inotify instance left, or the folder went meanwhile: the period remains.
        }
    }

    private void Signal()
    {
        try
        {
            _changed.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Already signalled, or nobody waits any more.
        }
    }
}
