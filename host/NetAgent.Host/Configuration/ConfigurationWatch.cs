namespace NetAgent.Host.Configuration;

/// <summary>Wakes the loop when a file that the configuration was made from changes.</summary>
internal static class ConfigurationWatch
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    public static async Task RunAsync(ConfigurationStore store, Action wake, TimeProvider time, CancellationToken cancellationToken)
    {
        var stamps = new FileStamps();
        stamps.HaveChanged(store.WatchedFiles);
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Period, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stamps.HaveChanged(store.WatchedFiles))
            {
                wake();
            }
        }
    }
}
