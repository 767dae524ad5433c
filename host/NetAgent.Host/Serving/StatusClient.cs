using System.Net.Sockets;

namespace NetAgent.Host.Serving;

/// <summary>Asks the running agent over its socket in the state directory.</summary>
internal static class StatusClient
{
    public static string SocketPath(string stateDirectory) => Path.Combine(stateDirectory, "netagent.sock");

    /// <summary>The body of /status; null when no agent answers.</summary>
    public static async Task<string?> StatusAsync(string stateDirectory, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath(stateDirectory)), token);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(10) };
        try
        {
            return await client.GetStringAsync(new Uri("http://netagent/status"), cancellationToken);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
