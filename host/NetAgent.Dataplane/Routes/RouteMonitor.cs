using System.Runtime.InteropServices;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Reconcile;

namespace NetAgent.Dataplane.Routes;

/// <summary>What rtnetlink said has changed.</summary>
[Flags]
internal enum RouteChanges
{
    None = 0,
    Links = 1,
    Addresses = 2,
    Routes = 4,

    /// <summary>The kernel had more to say than there was room for: anything may have changed.</summary>
    Lost = 8,
}

/// <summary>
/// Listens to rtnetlink on a thread of its own, in the network namespace of the thread that makes it. Calls back once for all that
/// happened since the last call; the agent's own changes are among it.
/// </summary>
internal sealed unsafe class RouteMonitor : IDisposable
{
    private const int MostDatagrams = 1024;

    private readonly NetlinkSocket _socket;
    private readonly NetlinkHandle _stop;
    private readonly Action<RouteChanges> _changed;
    private readonly Action<KernelException> _failed;
    private readonly Thread _thread;

    /// <param name="watched">Kinds to subscribe to.</param>
    /// <param name="changed">Called on the monitor's thread; must be quick and not throw.</param>
    /// <param name="failed">Called once, on that thread, when listening ended for good.</param>
    /// <exception cref="KernelException">The socket does not open.</exception>
    public RouteMonitor(RouteChanges watched, Action<RouteChanges> changed, Action<KernelException> failed)
    {
        _changed = changed;
        _failed = failed;
        _socket = new NetlinkSocket(NetlinkProtocol.Route);
        try
        {
            foreach (var group in Groups(watched))
            {
                _socket.Join(group);
            }
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
        _socket.Dispose();
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
        var buffer = new byte[64 << 10];
        try
        {
            while (WaitForMore())
            {
                var changes = RouteChanges.None;
                // Bounded: under a constant stream of changes the listener must still hear of them. But after an overrun the kernel drops
                // everything until the socket is empty, and says so only once: to speak of the loss any sooner would be too soon.
                for (var i = 0; i < MostDatagrams || changes.HasFlag(RouteChanges.Lost); i++)
                {
                    var length = _socket.Receive(buffer, wait: false);
                    if (length == -Errno.Again)
                    {
                        break;
                    }
                    changes |= Classify(buffer, length);
                }
                if (changes != RouteChanges.None)
                {
                    _changed(changes);
                }
            }
        }
        catch (KernelException e)
        {
            _failed(e);
        }
    }

    private static RouteChanges Classify(byte[] buffer, int length)
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
        }
        return changes;
    }

    /// <summary>False when the monitor shall stop.</summary>
    private bool WaitForMore()
    {
        var descriptors = stackalloc LibC.PollFd[2];
        while (true)
        {
            descriptors[0] = new() { Descriptor = (int)_socket.Handle.DangerousGetHandle(), Events = LibC.PollIn };
            descriptors[1] = new() { Descriptor = (int)_stop.DangerousGetHandle(), Events = LibC.PollIn };
            if (LibC.poll(descriptors, 2, -1) >= 0)
            {
                return descriptors[1].Returned == 0;
            }
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Interrupted)
            {
                throw new KernelException("poll(AF_NETLINK)", errno, Errno.Describe(errno));
            }
        }
    }
}
