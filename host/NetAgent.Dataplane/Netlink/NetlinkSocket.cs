using System.Runtime.InteropServices;

namespace NetAgent.Dataplane.Netlink;

/// <summary>A netlink socket in the network namespace of the thread that makes it.</summary>
internal sealed unsafe class NetlinkSocket : INetlinkTransport
{
    private const int AddMembership = 1;   // NETLINK_ADD_MEMBERSHIP
    private const int CapAck = 10;         // NETLINK_CAP_ACK
    private const int ExtendedAck = 11;    // NETLINK_EXT_ACK
    private const int StrictCheck = 12;    // NETLINK_GET_STRICT_CHK
    private const int BufferBytes = 4 << 20;

    // Longer than any wait for the rtnl lock that was ever seen, short enough that a lost answer does not stop the agent for good.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    private readonly NetlinkHandle _handle;

    public NetlinkSocket(NetlinkProtocol protocol)
    {
        _handle = NetlinkHandle.OpenSocket(protocol);
        try
        {
            var any = new LibC.SockaddrNetlink { Family = LibC.AfNetlink };
            if (LibC.bind(_handle, in any, (uint)sizeof(LibC.SockaddrNetlink)) != 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                throw new KernelException("bind(AF_NETLINK)", errno, Errno.Describe(errno));
            }
            // All are improvements that a kernel or a container may deny; the protocol works without them.
            TrySetOption(LibC.SolSocket, LibC.SoSendBufferForce, BufferBytes);
            TrySetOption(LibC.SolSocket, LibC.SoReceiveBufferForce, BufferBytes);
            TrySetOption(LibC.SolNetlink, CapAck, 1);
            TrySetOption(LibC.SolNetlink, ExtendedAck, 1);
            TrySetOption(LibC.SolNetlink, StrictCheck, 1);
            var limit = stackalloc long[2] { (long)AnswerLimit.TotalSeconds, 0 };
            _ = LibC.setsockopt(_handle, LibC.SolSocket, LibC.SoReceiveTimeout, limit, 2 * sizeof(long));
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>For poll; valid while this lives.</summary>
    public NetlinkHandle Handle => _handle;

    /// <summary>Subscribes to a multicast group, by number rather than bit (RTNLGRP_*).</summary>
    /// <exception cref="KernelException">The kernel has no such group.</exception>
    public void Join(int group)
    {
        if (!TrySetOption(LibC.SolNetlink, AddMembership, group))
        {
            var errno = Marshal.GetLastPInvokeError();
            throw new KernelException("NETLINK_ADD_MEMBERSHIP", errno, $"group {group}: {Errno.Describe(errno)}");
        }
    }

    public int Send(ReadOnlySpan<byte> datagram)
    {
        var kernel = new LibC.SockaddrNetlink { Family = LibC.AfNetlink };
        fixed (byte* bytes = datagram)
        {
            while (LibC.sendto(_handle, bytes, (nuint)datagram.Length, 0, in kernel, (uint)sizeof(LibC.SockaddrNetlink)) < 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno != Errno.Interrupted)
                {
                    return errno;
                }
            }
        }
        return 0;
    }

    public int Receive(Span<byte> buffer, bool wait)
    {
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                var length = (uint)sizeof(LibC.SockaddrNetlink);
                var flags = LibC.MsgTrunc | (wait ? 0 : LibC.MsgDontWait);
                var count = LibC.recvfrom(_handle, bytes, (nuint)buffer.Length, flags, out var sender, ref length);
                if (count < 0)
                {
                    var errno = Marshal.GetLastPInvokeError();
                    if (errno == Errno.Interrupted)
                    {
                        continue;
                    }
                    return -errno;
                }
                // Any process may send to a netlink port; only the kernel has port 0.
                if (sender.PortId == 0)
                {
                    return (int)count;
                }
            }
        }
    }

    public void Dispose() => _handle.Dispose();

    private bool TrySetOption(int level, int name, int value) => LibC.setsockopt(_handle, level, name, &value, sizeof(int)) == 0;
}
