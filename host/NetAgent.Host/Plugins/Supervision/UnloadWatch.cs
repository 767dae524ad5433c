using NetAgent.Host.Plugins.Calls;

namespace NetAgent.Host.Plugins.Supervision;

/// <summary>
/// Tells which unloaded plugins something still holds. Memory that merely has not been collected yet is no leak, so each gets a few
/// collections, apart from each other and beside the loop, before it counts. Used from the sync loop only.
/// </summary>
internal sealed class UnloadWatch(TimeProvider time, Action wake)
{
    private const int Collections = 3;
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(10);

    private readonly List<Unloaded> _unloaded = [];
    private Task? _collecting;
    private DateTimeOffset _collectAt;

    /// <summary>Plugins whose memory outlived its collections, and lives.</summary>
    public IReadOnlyList<string> Leaks =>
        [.. _unloaded.Where(unloaded => unloaded.Collections >= Collections && unloaded.Context.IsAlive)
        .Select(unloaded => unloaded.Plugin)];

    /// <summary>When the next collection is due; null when nothing waits for one.</summary>
    public DateTimeOffset? NextDue =>
        _collecting is null && _unloaded.Exists(unloaded => unloaded.Collections < Collections) ? _collectAt : null;

    public void Add(string plugin, WeakReference context)
    {
        _unloaded.Add(new(plugin, context));
        _collectAt = time.GetUtcNow() + Apart;
    }

    /// <summary>Begins a collection that is due and counts one that is over.</summary>
    public void Look()
    {
        if (_collecting is { IsCompleted: true })
        {
            _collecting = null;
            _unloaded.ForEach(unloaded => unloaded.Collections++);
            _collectAt = time.GetUtcNow() + Apart;
        }
        _unloaded.RemoveAll(unloaded => !unloaded.Context.IsAlive);
        if (NextDue <= time.GetUtcNow())
        {
            _collecting = CollectAsync();
        }
    }

    private async Task CollectAsync()
    {
        using var thread = new PluginThread("unloaded plugins");
        await thread.Call(() =>
        {
            // A context goes in steps: what is in it, its finalizers, itself.
            for (var i = 0; i < 3; i++)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: i == 2);
                GC.WaitForPendingFinalizers();
            }
            return true;
        });
        wake();
    }

    private sealed class Unloaded(string plugin, WeakReference context)
    {
        public string Plugin { get; } = plugin;

        public WeakReference Context { get; } = context;

        public int Collections { get; set; }
    }
}
