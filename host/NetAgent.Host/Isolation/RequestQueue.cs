using System.Collections.Concurrent;
using System.Diagnostics;
using NetAgent.Host.Isolation.Wire;

namespace NetAgent.Host.Isolation;

/// <summary>
/// Reads the pipe on a thread of its own. When the host is gone, so is this process, whatever the plugin does at that moment: nobody
/// else would end one that never returns.
/// </summary>
internal sealed class RequestQueue : IDisposable
{
    private readonly BlockingCollection<(FrameKind Kind, byte[] Content)> _requests = [];
    private readonly FrameStream _frames;

    public RequestQueue(FrameStream frames)
    {
        _frames = frames;
        new Thread(Read) { Name = "requests", IsBackground = true }.Start();
    }

    public (FrameKind Kind, byte[] Content) Take() => _requests.Take();

    public void Dispose() => _requests.Dispose();

    private void Read()
    {
        try
        {
            while (_frames.Read() is { } frame)
            {
                _requests.Add((frame.Kind, frame.Content.ToArray()));
            }
        }
        catch (IOException)
        {
            // A pipe that breaks is a host that is gone.
        }
        finally
        {
            using var self = Process.GetCurrentProcess();
            self.Kill();
        }
    }
}
