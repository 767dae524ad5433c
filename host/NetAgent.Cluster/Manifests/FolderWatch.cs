namespace NetAgent.Cluster.Manifests;

/// <summary>
/// Says when something happens in a file's folder (inotify): the folder, since editors and the kubelet replace files and links rather
/// than write into them. Where the folder cannot be watched, only the period is left.
/// </summary>
internal sealed class FolderWatch : IDisposable
{
    private readonly string _path;
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private FileSystemWatcher? _watcher;

    public FolderWatch(string path)
    {
        _path = Path.GetFullPath(path);
        Start();
    }

    /// <summary>
    /// What changed, once nothing more has happened for a moment; none when the period passed or all was cancelled.
    /// </summary>
    public async Task<ChangedNames> WaitAsync(TimeSpan period, TimeSpan settle, TimeProvider time, CancellationToken cancellationToken)
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
            return ChangedNames.None;
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
        lock (_names)
        {
            var names = new ChangedNames(_names.ToHashSet(StringComparer.Ordinal));
            _names.Clear();
            return names;
        }
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
            var watcher = new FileSystemWatcher(folder!)
            { NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size };
            watcher.Changed += (_, change) => Signal(change.Name);
            watcher.Created += (_, change) => Signal(change.Name);
            watcher.Deleted += (_, change) => Signal(change.Name);
            watcher.Renamed += (_, change) => Signal(change.OldName, change.Name);
            // The folder itself went, or the kernel's queue ran over: look, and watch anew at the next period.
            watcher.Error += (_, _) =>
            {
                _watcher = null;
                watcher.Dispose();
                Signal(ChangedNames.Any);
            };
            watcher.EnableRaisingEvents = true;
            _watcher = watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // No inotify instance left, or the folder went meanwhile: the period remains.
        }
    }

    private void Signal(params ReadOnlySpan<string?> names)
    {
        lock (_names)
        {
            foreach (var name in names)
            {
                _names.Add(name ?? ChangedNames.Any);
            }
        }
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

/// <summary>Names in a folder to which something happened.</summary>
internal readonly record struct ChangedNames(IReadOnlySet<string> Names)
{
    /// <summary>Stands for every name.</summary>
    public const string Any = "";

    public static ChangedNames None { get; } = new(new HashSet<string>());

    public static ChangedNames All { get; } = new(new HashSet<string> { Any });

    /// <summary>
    /// Something happened to this file, or to what its link goes through: the kubelet's files are links through <c>..data</c>.
    /// </summary>
    public bool Concern(string file)
    {
        if (Names.Count == 0)
        {
            return false;
        }
        var link = new FileInfo(file).LinkTarget;
        return Names.Contains(Any) || Names.Contains(Path.GetFileName(file))
            || (link is not null && !Path.IsPathRooted(link) && Names.Contains(link.Split('/')[0]));
    }
}
