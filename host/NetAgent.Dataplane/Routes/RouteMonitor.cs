using System.Runtime.InteropServices;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Routes;

/// <summary>What rtnetlink said has changed.</summary>
[Flags]
internal enum RouteChanges
{
    None = 0,
    Links = 1,
    Addresses = 2,
    Routes = 4,

    /// <summary>The kernel had more to say than there was room for, or listening had to start anew: anything may have changed.</summary>
    Lost = 8,

    /// <summary>Some of it is about a link that the agent owns.</summary>
    Own = 16,
}

/// <summary>
/// Listens to rtnetlink on a thread of its own, in the network namespace of the thread that makes it. Calls back once for all that
/// happened since the last call; the agent's own changes are among it. A socket that fails is replaced, and the loss told.
/// </summary>
internal sealed unsafe class RouteMonitor : IDisposable
{
    private const int MostDatagrams = 1024;
    private static readonly TimeSpan OpenAgain = TimeSpan.FromSeconds(1);

    private readonly RouteChanges _watched;
    private readonly OwnLinkWatch? _own;
    private readonly NetlinkHandle _stop;
    private readonly Action<RouteChanges> _changed;
    private readonly Thread _thread;
    private NetlinkSocket? _socket;

    /// <param name="watched">Kinds to subscribe to.</param>
    /// <param name="changed">Called on the monitor's thread; must be quick and not throw.</param>
    /// <param name="own">Told of every message; may be null.</param>
    /// <exception cref="KernelException">The socket does not open.</exception>
    public RouteMonitor(RouteChanges watched, Action<RouteChanges> changed, OwnLinkWatch? own = null)
    {
        (_watched, _changed, _own) = (watched, changed, own);
        _socket = Open();
        try
        {
            _stop = NetlinkHandle.OpenEvent();
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
        _thread = new Thread(Listen) { IsBackground = true, Name = "rtnetlink" };
        _thread.Start();
    }

    public void Dispose()
    {
        ulong one = 1;
        _ = LibC.write(_stop, &one, sizeof(ulong));
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }
        _stop.Dispose();
        _socket?.Dispose();
    }

    /// <summary>The socket in use, for tests that break it.</summary>
    internal NetlinkHandle? Handle => _socket?.Handle;

    // On the thread that listens or its maker's: both are in the same network namespace.
    private NetlinkSocket Open()
    {
        var socket = new NetlinkSocket(NetlinkProtocol.Route);
        try
        {
            foreach (var group in Groups(_watched))
            {
                socket.Join(group);
            }
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static IEnumerable<int> Groups(RouteChanges watched)
    {
        if (watched.HasFlag(RouteChanges.Links))
        {
            yield return RtnetlinkFormat.GroupLink;
        }
        if (watched.HasFlag(RouteChanges.Addresses))
        {
            yield return RtnetlinkFormat.GroupAddress4;
            yield return RtnetlinkFormat.GroupAddress6;
        }
        if (watched.HasFlag(RouteChanges.Routes))
        {
            yield return RtnetlinkFormat.GroupRoute4;
            yield return RtnetlinkFormat.GroupRoute6;
        }
    }

    private void Listen()
    {
        while (true)
        {
            try
            {
                if (_socket is null)
                {
                    _socket = Open();
                    Tell(RouteChanges.Lost);
                }
                Follow(_socket);
                return;
            }
            catch (KernelException)
            {
                // Whatever it was, only a new socket can tell whether it lasts.
                _socket?.Dispose();
                _socket = null;
            }
            if (!Wait(null, OpenAgain))
            {
                return;
            }
        }
    }

    private void Tell(RouteChanges changes)
    {
        if (changes.HasFlag(RouteChanges.Lost))
        {
            _own?.Missed();
        }
        _changed(changes);
    }

    private void Follow(NetlinkSocket socket)
    {
        var buffer = new byte[64 << 10];
        while (Wait(socket, Timeout.InfiniteTimeSpan))
        {
            var changes = RouteChanges.None;
            // Bounded: under a constant stream of changes the listener must still hear of them. But after an overrun the kernel drops
            // everything until the socket is empty, and says so only once: to speak of the loss any sooner would be too soon.
            for (var i = 0; i < MostDatagrams || changes.HasFlag(RouteChanges.Lost); i++)
            {
                var length = socket.Receive(buffer, wait: false);
                if (length == -Errno.Again)
                {
                    break;
                }
                changes |= Classify(buffer, length);
            }
            if (changes != RouteChanges.None)
            {
                Tell(changes);
            }
        }
    }

    private RouteChanges Classify(byte[] buffer, int length)
    {
        if (length == -Errno.NoBuffers || length > buffer.Length)
        {
            return RouteChanges.Lost;
        }
        if (length < 0)
        {
            throw new KernelException("recvfrom(AF_NETLINK)", -length, Errno.Describe(-length));
        }
        var changes = RouteChanges.None;
        foreach (var message in new NetlinkMessages(buffer.AsSpan(0, length)))
        {
            changes |= message.Type switch
            {
                RtnetlinkFormat.NewLink or RtnetlinkFormat.DeleteLink => RouteChanges.Links,
                RtnetlinkFormat.NewAddress or RtnetlinkFormat.DeleteAddress => RouteChanges.Addresses,
                RtnetlinkFormat.NewRoute or RtnetlinkFormat.DeleteRoute => RouteChanges.Routes,
                NetlinkFormat.Overrun => RouteChanges.Lost,
                _ => RouteChanges.None,
            };
            if (_own?.Note(message) == true)
            {
                changes |= RouteChanges.Own;
            }
        }
        return changes;
    }

    /// <summary>Until the socket has something or the time is over; false when the monitor shall stop.</summary>
    private bool Wait(NetlinkSocket? socket, TimeSpan limit)
    {
        var descriptors = stackalloc LibC.PollFd[2];
        while (true)
        {
            // A negative descriptor is passed over (poll(2)).
            descriptors[1] = new() { Descriptor = socket is null ? -1 : (int)socket.Handle.DangerousGetHandle(), Events = LibC.PollIn };
            descriptors[0] = new() { Descriptor = (int)_stop.DangerousGetHandle(), Events = LibC.PollIn };
            if (LibC.poll(descriptors, 2, (int)limit.TotalMilliseconds) >= 0)
            {
                return descriptors[0].Returned == 0;
            }
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Interrupted)
            {
                throw new KernelException("poll(AF_NETLINK)", errno, Errno.Describe(errno));
            }
        }
    }
}
