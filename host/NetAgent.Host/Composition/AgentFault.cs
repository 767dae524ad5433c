using Microsoft.Extensions.Hosting;

namespace NetAgent.Host.Composition;

/// <summary>
/// The first failure of a part of the agent. It ends the agent: half of one looks well and is not, and whoever started it starts it again.
/// </summary>
internal sealed class AgentFault(IHostApplicationLifetime lifetime)
{
    private Exception? _error;

    /// <summary>Null while all parts work.</summary>
    public Exception? Error => Volatile.Read(ref _error);

    public void End(Exception error)
    {
        Interlocked.CompareExchange(ref _error, error, null);
        lifetime.StopApplication();
    }
}
