using System.Net;
using System.Net.Sockets;
using NetAgent.EndToEnd.Tests.Network;

namespace NetAgent.EndToEnd.Tests.Api;

/// <summary>
/// Lets a host that is a network namespace reach an API server on this machine's loopback, at the same address and port: a socket
/// belongs to the namespace in which it was opened, whoever uses it.
/// </summary>
internal sealed class NamespaceRelay : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _listener;
    private readonly int _port;
    private readonly Task _accepting;

    internal NamespaceRelay(NetworkHost host, int port)
    {
        _port = port;
        _listener = host.Do(() =>
        {
            var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return listener;
        });
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var inside = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = CarryAsync(inside);
        }
    }

    private async Task CarryAsync(TcpClient inside)
    {
        using (inside)
        using (var outside = new TcpClient())
        {
            try
            {
                await outside.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
                await Task.WhenAny(
                    inside.GetStream().CopyToAsync(outside.GetStream(), _stop.Token),
                    outside.GetStream().CopyToAsync(inside.GetStream(), _stop.Token));
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
            {
                // The server is away: so is it for the agent.
            }
        }
    }
}
