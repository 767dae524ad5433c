using System.Net;
using System.Net.Sockets;

namespace NetAgent.EndToEnd.Tests.Api;

/// <summary>Forwards TCP until it is told to freeze: then connections stay open and nothing passes, as behind a firewall that forgot them.</summary>
internal sealed class FreezingRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _accepting;
    private volatile CancellationTokenSource _frozen = new();
    private volatile CancellationTokenSource _cut = new();

    public FreezingRelay(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Url => new($"https://127.0.0.1:{Port}/");

    public int Connections;

    /// <summary>What came from the server, in bytes on the wire.</summary>
    public long Received;

    /// <summary>Freezes the connections there are; new ones work.</summary>
    public void Freeze()
    {
        var frozen = _frozen;
        _frozen = new();
        frozen.Cancel();
    }

    /// <summary>Ends the connections there are; new ones work.</summary>
    public void Cut()
    {
        var cut = _cut;
        _cut = new();
        cut.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref Connections);
                _ = RelayAsync(client, _frozen.Token, _cut.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Over.
        }
    }

    private async Task RelayAsync(TcpClient client, CancellationToken frozen, CancellationToken cut)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(frozen, cut, _stop.Token);
                await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), either.Token), ReceiveAsync(server.GetStream(), client.GetStream(), either.Token));
                if (frozen.IsCancellationRequested)
                {
                    await Task.Delay(Timeout.Infinite, _stop.Token);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
            {
                // One side went.
            }
        }
    }

    private async Task ReceiveAsync(NetworkStream server, NetworkStream client, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 << 10];
        while (await server.ReadAsync(buffer, cancellationToken) is > 0 and var length)
        {
            Interlocked.Add(ref Received, length);
            await client.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
        }
    }
}
