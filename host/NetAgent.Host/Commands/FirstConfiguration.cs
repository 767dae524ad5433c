using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;

namespace NetAgent.Host.Commands;

/// <summary>
/// The configuration that a command begins with. One in a ConfigMap is waited for: the kernel keeps what is programmed meanwhile.
/// </summary>
internal static class FirstConfiguration
{
    private static readonly TimeSpan Saying = TimeSpan.FromSeconds(10);

    /// <param name="backends">For the clock and messages.</param>
    /// <param name="store">Not read yet.</param>
    /// <param name="within">Null to wait until cancelled.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when there is none.</returns>
    public static async Task<bool> ReadAsync(Backends backends, ConfigurationStore store, TimeSpan? within,
        CancellationToken cancellationToken)
    {
        var start = backends.Time.GetTimestamp();
        while (!store.Reload())
        {
            if (!store.IsPending || store.Maps is not { } maps || cancellationToken.IsCancellationRequested
                || backends.Time.GetElapsedTime(start) > within)
            {
                return false;
            }
            try
            {
                await maps.WaitAsync(within < Saying ? within.Value : Saying, backends.Time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
            foreach (var problem in maps.Problems)
            {
                await backends.Error.WriteLineAsync(problem.ToString());
            }
        }
        return true;
    }
}
