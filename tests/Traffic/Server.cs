using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NetAgent.Traffic;

/// <summary>
/// Answers over TCP and UDP on one port with "NAME PEER-ADDRESS PEER-PORT". A TCP client gets that line at once and then its own lines back.
/// Sockets belong to the network namespace of the thread that starts it.
/// </summary>
public sealed class Server : IDisposable
{
    private readonly string _name;
    private readonly Socket _listener;
    private readonly Socket _datagrams;
    private readonly List<Socket> _connections = [];

    private Server(string name, Socket listener, Socket datagrams)
    {
        _name = name;
        _listener = listener;
        _datagrams = datagrams;
    }

    /// <summary>Binds in the caller's network namespace and serves until disposed.</summary>
    public static Server Start(string name, IPAddress address, int port)
    {
        ArgumentNullException.ThrowIfNull(address);
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        var datagrams = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            listener.DualMode = datagrams.DualMode = true;
        }
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(address, port));
        listener.Listen(512);
        datagrams.Bind(new IPEndPoint(address, port));
        var server = new Server(name, listener, datagrams);
        _ = server.AcceptAsync();
        _ = server.AnswerDatagramsAsync();
        return server;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = await _listener.AcceptAsync();
                lock (_connections)
                {
                    _connections.Add(connection);
                }
                _ = ServeAsync(connection);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                await connection.SendAsync(Greeting((IPEndPoint)connection.RemoteEndPoint!));
                var buffer = new byte[4096];
                int count;
                while ((count = await connection.ReceiveAsync(buffer)) > 0)
                {
                    await connection.SendAsync(buffer.AsMemory(0, count));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The peer went away.
            }
        }
    }

    private async Task AnswerDatagramsAsync()
    {
        var buffer = new byte[2048];
        var anyone = new IPEndPoint(_datagrams.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        try
        {
            while (true)
            {
                var received = await _datagrams.ReceiveFromAsync(buffer, anyone);
                await _datagrams.SendToAsync(Greeting((IPEndPoint)received.RemoteEndPoint), received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private byte[] Greeting(IPEndPoint peer)
    {
        var address = peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : peer.Address;
        return Encoding.ASCII.GetBytes($"{_name} {address} {peer.Port}\n");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        _datagrams.Dispose();
        lock (_connections)
        {
            _connections.ForEach(connection => connection.Dispose());
        }
    }
}
