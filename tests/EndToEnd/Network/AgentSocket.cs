using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace NetAgent.EndToEnd.Tests.Network;

/// <summary>The agent's own socket, asked without starting a program: in an emulated kernel that costs seconds.</summary>
internal static class AgentSocket
{
    /// <summary>The body of an answer; null while no agent answers.</summary>
    internal static string? Get(string stateDirectory, string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(stateDirectory, "netagent.sock")));
        }
        catch (SocketException)
        {
            return null;
        }
        socket.Send(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\nHost: netagent\r\n\r\n"));
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
        var answer = reader.ReadToEnd();
        return answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
    }

    /// <summary>/status of one plugin; null while there is none.</summary>
    internal static JsonElement? Plugin(string stateDirectory, string name) => Get(stateDirectory, "/status") is { } body
        ? JsonDocument.Parse(body).RootElement.GetProperty("plugins").EnumerateArray()
            .Where(plugin => plugin.GetProperty("name").GetString() == name).Cast<JsonElement?>().SingleOrDefault()
        : null;
}
