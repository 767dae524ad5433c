using System.Runtime.InteropServices;

namespace NetAgent.Host.Composition;

/// <summary>
/// What the process is told by signals, from a command's beginning (the kernel passes over an uncaught one for the first process of a
/// container) to the process's end (one that comes while it stops must not be what ends it). Silent unless it is the process's own.
/// </summary>
internal sealed class AgentSignals(bool ofProcess = false) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registered = [];

    /// <summary>SIGTERM, SIGINT or SIGQUIT came.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Raised on any thread for SIGHUP.</summary>
    public event Action? Reloading;

    /// <summary>
    /// Begins. An agent takes SIGHUP, too, and all the time that it needs to stop; another command goes on with what it has in hand, and a
    /// second signal cuts that off.
    /// </summary>
    public void Listen(bool isAgent)
    {
        if (!ofProcess)
        {
            return;
        }
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT])
        {
            _registered.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = isAgent || !_stop.IsCancellationRequested;
                // Not in here: what waited would go on in this thread, and the process would wait for it.
                _ = _stop.CancelAsync();
            }));
        }
        if (isAgent)
        {
            _registered.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
            {
                context.Cancel = true;
                Reloading?.Invoke();
            }));
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registered)
        {
            registration.Dispose();
        }
        _stop.Dispose();
    }
}
