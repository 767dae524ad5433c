using System.Net;
using System.Net.Sockets;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.ApiKernel;

/// <summary>
/// Sees what goes missing in the kernel: looks at it again and again, and knocks once at each virtual server, for the kernel counts
/// connections from the day that a virtual server was made.
/// </summary>
internal sealed class FlapWatch : IDisposable
{
    private readonly KernelView _kernel = new();
    private readonly HashSet<VirtualServerKey> _servers;
    private readonly int[] _knocked;
    private readonly Thread _thread;
    private volatile bool _stop;

    /// <param name="knocked">Services to knock at: a real server with a connection drains when it leaves, so those that do not change.</param>
    internal FlapWatch(IEnumerable<int> knocked)
    {
        _servers = _kernel.Servers();
        _knocked = [.. knocked];
        foreach (var service in _knocked)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            var refused = Assert.Throws<SocketException>(() => socket.Connect(IPAddress.Parse(LargeCluster.Key(service).Address.ToString()), 80));
            Assert.Contains(refused.SocketErrorCode, (SocketError[])[SocketError.WouldBlock, SocketError.HostUnreachable, SocketError.NetworkUnreachable]);
        }
        // The kernel sums its counters up every two seconds.
        for (var tries = 0; Forgotten().Length > 0; tries++)
        {
            Assert.True(tries < 20, $"no connection at {string.Join(", ", Forgotten().Take(5))}…");
            Thread.Sleep(1000);
        }
        _thread = new Thread(Look);
        _thread.Start();
    }

    /// <summary>How often the kernel was looked at.</summary>
    internal int Looks { get; private set; }

    /// <summary>What was missing in one of the looks.</summary>
    internal List<string> Missing { get; } = [];

    /// <summary>Virtual servers that do not remember the knock: they went and came again.</summary>
    internal string[] Forgotten()
    {
        // TCP  10.96.1.1:80  CONNECTIONS  …
        var remembering = Shell.Run("ipvsadm", "-Ln", "--stats", "--exact").Split('\n')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is ["TCP", _, not "0", ..])
            .Select(words => words[1]).ToHashSet(StringComparer.Ordinal);
        return [.. _knocked.Select(service => $"{LargeCluster.Key(service).Address}:80").Where(server => !remembering.Contains(server))];
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _kernel.Dispose();
    }

    private void Look()
    {
        while (!_stop)
        {
            try
            {
                LookOnce();
                Looks++;
            }
            catch (KernelException e) when (e.Errno == Errno.Interrupted)
            {
                // A dump that changes kept interrupting shows nothing either way.
            }
            Thread.Sleep(100);
        }
    }

    private void LookOnce()
    {
        Missing.AddRange(_servers.Except(_kernel.Servers()).Select(key => $"look {Looks}: {key}"));
        for (var i = 0; i < 10; i++)
        {
            // One comes before another goes: never fewer.
            var service = Random.Shared.Next(LargeCluster.Services);
            if (_kernel.Addresses(LargeCluster.Key(service)) is { Length: < LargeCluster.EndpointsEach } few)
            {
                Missing.Add($"look {Looks}: {LargeCluster.Key(service)} has {few.Length} real servers");
            }
        }
    }
}
