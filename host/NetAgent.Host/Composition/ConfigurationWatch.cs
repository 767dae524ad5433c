using NetAgent.Host.Configuration;
using NetAgent.Host.Plugins.DropIn;

namespace NetAgent.Host.Composition;

/// <summary>Wakes the loop when a file that the configuration was made from, or one of a drop-in plugin, changes.</summary>
internal static class ConfigurationWatch
{
    // From the first sign of a change to the look: writers write in pieces, and one that never stops costs two looks a second.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(500);

    // For mounts that tell nothing.
    private static readonly TimeSpan Net = TimeSpan.FromSeconds(5);

    /// <param name="store">Says which files.</param>
    /// <param name="wake">A file of the configuration changed.</param>
    /// <param name="lookAtPlugins">A file of a plugin changed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public static async Task RunAsync(ConfigurationStore store, Action wake, Action lookAtPlugins, TimeProvider time, CancellationToken cancellationToken)
    {
        using var folders = new FolderSignal();
        var stamps = new FileStamps();
        stamps.HaveChanged(store.WatchedFiles);
        var (acted, seen) = (DropIns(store), "");
        while (!cancellationToken.IsCancellationRequested)
        {
            folders.Watch(store.WatchedFiles);
            if (store.Current?.Agent.DropIn is null)
            {
                await folders.WaitAsync(Net, time, cancellationToken);
            }
            await Task.Delay(Settle, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stamps.HaveChanged(store.WatchedFiles))
            {
                wake();
            }
            var now = DropIns(store);
            // A delivery takes a moment: half of it is nothing to look at.
            if (now != acted && now == seen)
            {
                acted = now;
                lookAtPlugins();
            }
            seen = now;
        }
    }

    private static string DropIns(ConfigurationStore store) => store.Current?.Agent is not { DropIn: { } dropIn } agent ? ""
        : string.Concat(agent.Plugins.Select(entry => DropInFolder.Stamp(dropIn, entry.Name)));
}
