using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NetAgent.Traffic;

/// <summary>Asks a <see cref="Server"/> who it is. A failure is an answer too: "!ConnectionRefused", "!TimedOut".</summary>
public static class Client
{
    /// <summary>One TCP connection.</summary>
    public static string AskTcp(IPEndPoint server, TimeSpan limit, IPEndPoint? from = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        try
        {
            using var connection = Connect(server, limit, from);
            return ReadLine(connection);
        }
        catch (SocketException e)
        {
            return "!" + e.SocketErrorCode;
        }
    }

    /// <summary>One datagram and its answer.</summary>
    public static string AskUdp(IPEndPoint server, TimeSpan limit, IPEndPoint? from = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.ReceiveTimeout = (int)limit.TotalMilliseconds;
            if (from is not null)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                socket.Bind(from);
            }
            socket.Connect(server);
            socket.Send("?\n"u8);
            return ReadLine(socket);
        }
        catch (SocketException e)
        {
            return "!" + e.SocketErrorCode;
        }
    }

    /// <summary>Opens a TCP connection to keep; the caller reads the greeting with <see cref="ReadLine"/>.</summary>
    /// <exception cref="SocketException">It was refused or timed out.</exception>
    public static Socket Connect(IPEndPoint server, TimeSpan limit, IPEndPoint? from = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (from is not null)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                socket.Bind(from);
            }
            socket.Blocking = false;
            try
            {
                socket.Connect(server);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // An ICMP refusal ends the poll with an error and no readiness to write.
                var isWritable = socket.Poll(limit, SelectMode.SelectWrite);
                var error = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
                if (error != 0 || !isWritable)
                {
                    throw new SocketException(error != 0 ? error : (int)SocketError.TimedOut);
                }
            }
            socket.Blocking = true;
            socket.ReceiveTimeout = (int)limit.TotalMilliseconds;
            socket.SendTimeout = (int)limit.TotalMilliseconds;
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a line over a kept connection and reads it back; "!…" when the connection is dead.</summary>
    public static string Echo(Socket connection, string line)
    {
        ArgumentNullException.ThrowIfNull(connection);
        try
        {
            connection.Send(Encoding.ASCII.GetBytes(line + "\n"));
            return ReadLine(connection);
        }
        catch (SocketException e)
        {
            return "!" + e.SocketErrorCode;
        }
    }

    /// <summary>One line; "!Closed" at the end.</summary>
    /// <exception cref="SocketException">Nothing came in time, or the connection broke.</exception>
    public static string ReadLine(Socket connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var buffer = new byte[512];
        var count = 0;
        while (count < buffer.Length)
        {
            var read = connection.Receive(buffer.AsSpan(count));
            if (read == 0)
            {
                return "!Closed";
            }
            count += read;
            if (buffer[count - 1] == '\n')
            {
                break;
            }
        }
        return Encoding.ASCII.GetString(buffer, 0, count).TrimEnd('\n');
    }
}
