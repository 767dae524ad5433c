using System.Runtime.InteropServices;

namespace NetAgent.Dataplane.Netlink;

/// <summary>The C library's socket calls; System.Net.Sockets refuses AF_NETLINK.</summary>
internal static unsafe partial class LibC
{
    internal const int AfNetlink = 16;
    internal const int SockRaw = 3;
    internal const int SockCloexec = 0x80000;
    internal const int MsgDontWait = 0x40;
    internal const int MsgTrunc = 0x20;
    internal const int SolSocket = 1;
    internal const int SolNetlink = 270;
    internal const int SoReceiveTimeout = 20;
    internal const int SoSendBufferForce = 32;
    internal const int SoReceiveBufferForce = 33;
    internal const short PollIn = 1;
    internal const int EfdCloexec = 0x80000;

    /// <summary>struct sockaddr_nl (linux/netlink.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SockaddrNetlink
    {
        public ushort Family;
        public ushort Padding;
        public uint PortId;
        public uint Groups;
    }

    /// <summary>struct pollfd (poll.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollFd
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    /// <summary>IF_NAMESIZE (net/if.h), the closing zero included.</summary>
    internal const int InterfaceNameSize = 16;

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial uint if_nametoindex(string name);

    [LibraryImport("libc")]
    private static partial byte* if_indextoname(uint index, byte* name);

    /// <summary>Name of an interface of the calling thread's network namespace; null where there is none.</summary>
    internal static string? NameOf(int index)
    {
        var name = stackalloc byte[InterfaceNameSize];
        return if_indextoname((uint)index, name) == null ? null : Marshal.PtrToStringUTF8((nint)name);
    }

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int bind(NetlinkHandle socket, in SockaddrNetlink address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setsockopt(NetlinkHandle socket, int level, int name, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getsockopt(NetlinkHandle socket, int level, int name, void* value, ref uint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint sendto(NetlinkHandle socket, void* buffer, nuint length, int flags, in SockaddrNetlink address,
        uint addressLength);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recvfrom(
        NetlinkHandle socket, void* buffer, nuint length, int flags, out SockaddrNetlink address, ref uint addressLength);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int poll(PollFd* descriptors, ulong count, int timeoutMilliseconds);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(NetlinkHandle descriptor, void* buffer, nuint length);

    [LibraryImport("libc")]
    internal static partial int close(nint descriptor);
}
