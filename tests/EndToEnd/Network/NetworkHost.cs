using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using NetAgent.TestKit;
using NetAgent.Traffic;

namespace NetAgent.EndToEnd.Tests.Network;

/// <summary>A machine or a pod: a named network namespace.</summary>
internal sealed partial class NetworkHost : IDisposable
{
    private const int CloneNewNet = 0x40000000;
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(3);
    private readonly List<IDisposable> _servers = [];

    internal NetworkHost(string name)
    {
        Name = name;
        Shell.Run("ip", "netns", "add", name);
        Ip("link set lo up");
    }

    internal string Name { get; }

    internal void Ip(string arguments) => Shell.Run("ip", ["-n", Name, .. arguments.Split(' ')]);

    internal string Script(string text) => Shell.Run("ip", "netns", "exec", Name, "sh", "-c", text);

    internal void Serve(int port = 8080, string? address = null) => _servers.Add(Do(() =>
        Server.Start(Name, address is null ? IPAddress.IPv6Any : IPAddress.Parse(address), port)));

    /// <summary>Forgets all servers, as a pod that dies.</summary>
    internal void StopServing()
    {
        _servers.ForEach(server => server.Dispose());
        _servers.Clear();
    }

    /// <summary>"NAME CLIENT-ADDRESS PORT" as the server saw it, or "!error".</summary>
    internal string Tcp(string address, int port = 80, string? from = null) => Do(() =>
        Client.AskTcp(new IPEndPoint(IPAddress.Parse(address), port), _limit, Source(from)));

    internal string Udp(string address, int port = 80, string? from = null, int fromPort = 0) => Do(() =>
        Client.AskUdp(new IPEndPoint(IPAddress.Parse(address), port), TimeSpan.FromSeconds(1), Source(from, fromPort)));

    internal Socket Connect(string address, int port = 80) => Do(() => Client.Connect(new IPEndPoint(IPAddress.Parse(address), port), _limit));

    /// <summary>Who answered each of several connections.</summary>
    internal string[] Names(int count, string address, int port = 80) =>
        [.. Enumerable.Range(0, count).Select(_ => Tcp(address, port).Split(' ')[0])];

    /// <summary>Runs a body in this namespace on a thread of its own; the body must not await.</summary>
    internal T Do<T>(Func<T> body)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle($"/run/netns/{Name}");
                if (setns((int)handle.DangerousGetHandle(), CloneNewNet) != 0)
                {
                    throw new InvalidOperationException($"setns {Name}: errno {Marshal.GetLastPInvokeError()}");
                }
                result = body();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    public void Dispose()
    {
        StopServing();
        Shell.TryRun("ip", "netns", "del", Name);
    }

    private static IPEndPoint? Source(string? from, int port = 0) =>
        from is null && port == 0 ? null : new IPEndPoint(from is null ? IPAddress.Any : IPAddress.Parse(from), port);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int fd, int type);
}
