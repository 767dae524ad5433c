using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetAgent.Dataplane.Netlink;

/// <summary>A file descriptor that closes itself.</summary>
internal sealed class NetlinkHandle : SafeHandleMinusOneIsInvalid
{
    public NetlinkHandle()
        : base(ownsHandle: true)
    {
    }

    public static NetlinkHandle OpenSocket(NetlinkProtocol protocol) =>
        Own(LibC.socket(LibC.AfNetlink, LibC.SockRaw | LibC.SockCloexec, (int)protocol), "socket(AF_NETLINK)");

    /// <summary>A socket for its options only; invalid where the kernel does not have the family.</summary>
    public static NetlinkHandle OpenDatagram(int family, int type)
    {
        var handle = new NetlinkHandle();
        handle.SetHandle(LibC.socket(family, type | LibC.SockCloexec, 0));
        return handle;
    }

    public static NetlinkHandle OpenEvent() => Own(LibC.eventfd(0, LibC.EfdCloexec), "eventfd");

    private static NetlinkHandle Own(int descriptor, string operation)
    {
        if (descriptor < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            throw new KernelException(operation, errno, Errno.Describe(errno));
        }
        var handle = new NetlinkHandle();
        handle.SetHandle(descriptor);
        return handle;
    }

    protected override bool ReleaseHandle() => LibC.close(handle) == 0;
}
