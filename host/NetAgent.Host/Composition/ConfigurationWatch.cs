using NetAgent.Host.Configuration;
using NetAgent.Host.Plugins.DropIn;

namespace NetAgent.Host.Composition;

/// <summary>Wakes the loop when a file that the configuration was made from, or one of a drop-in plugin, changes.</summary>
internal static class ConfigurationWatch
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    /// <param name="store">Says which files.</param>
    /// <param name="wake">A file of the configuration changed.</param>
    /// <param name="lookAtPlugins">A file of a plugin changed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public static async Task RunAsync(ConfigurationStore store, Action wake, Action lookAtPlugins, TimeProvider time, CancellationToken cancellationToken)
    {
        var stamps = new FileStamps();
        stamps.HaveChanged(store.WatchedFiles);
        var (acted, seen) = (DropIns(store), "");
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Period, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
