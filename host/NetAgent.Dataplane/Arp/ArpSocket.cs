using System.Buffers.Binary;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using NetAgent.Dataplane.Files;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Arp;

/// <summary>An AF_PACKET socket for ARP on one link (packet(7)); it hears the link's ARP and sends to everybody on it.</summary>
internal sealed unsafe partial class ArpSocket : IDisposable
{
    private const int AfPacket = 17;
    private const int SockDatagram = 2;
    private const int SockCloexec = 0x80000;
    private const ushort EthernetArp = 0x0806; // ETH_P_ARP
    private const ushort HardwareEthernet = 1; // ARPHRD_ETHER
    private const int DontWait = 0x40;
    private const short PollIn = 1;

    private readonly SafeFileHandle _handle;
    private readonly int _index;

    public ArpSocket(string link)
    {
        _index = (int)if_nametoindex(link);
        if (_index == 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            throw new KernelException("if_nametoindex", errno, $"no link '{link}' here: {FileErrno.Text(errno)}");
        }
        _handle = socket(AfPacket, SockDatagram | SockCloexec, BinaryPrimitives.ReverseEndianness(EthernetArp));
        if (_handle.IsInvalid)
        {
            throw Failed("socket(AF_PACKET)", $"needs CAP_NET_RAW");
        }
        try
        {
            Mac = Bind(link);
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>The link's hardware address.</summary>
    public PhysicalAddress Mac { get; }

    public void Broadcast(ArpPacket packet)
    {
        var everybody = Address();
        everybody.HardwareLength = 6;
        new Span<byte>(everybody.Hardware, 6).Fill(0xff);
        var bytes = packet.ToBytes();
        if (sendto(_handle, bytes, (nuint)bytes.Length, 0, in everybody, (uint)sizeof(SockaddrLinkLayer)) < 0)
        {
            throw Failed("sendto(AF_PACKET)", "is the link up?");
        }
    }

    /// <summary>The next ARP packet, or null when none came in time.</summary>
    public ArpPacket? Receive(TimeSpan wait)
    {
        var poll = new PollFd { Descriptor = (int)_handle.DangerousGetHandle(), Events = PollIn };
        if (LibcPoll(ref poll, 1, (int)Math.Max(0, Math.Ceiling(wait.TotalMilliseconds))) <= 0)
        {
            return null;
        }
        var buffer = new byte[256];
        var count = recv(_handle, buffer, (nuint)buffer.Length, DontWait);
        return count < 0 ? null : ArpPacket.TryParse(buffer.AsSpan(0, (int)count));
    }

    public void Dispose() => _handle.Dispose();

    private PhysicalAddress Bind(string link)
    {
        var own = Address();
        var length = (uint)sizeof(SockaddrLinkLayer);
        if (bind(_handle, in own, length) != 0 || getsockname(_handle, ref own, ref length) != 0)
        {
            throw Failed("bind(AF_PACKET)", link);
        }
        return own.HardwareType == HardwareEthernet && own.HardwareLength == 6
            ? new(new ReadOnlySpan<byte>(own.Hardware, 6).ToArray())
            : throw new KernelException("bind(AF_PACKET)", 0,
                $"'{link}' is no Ethernet link (ARPHRD {own.HardwareType}): nobody there speaks ARP");
    }

    private SockaddrLinkLayer Address() => new()
    {
        Family = AfPacket,
        Protocol = BinaryPrimitives.ReverseEndianness(EthernetArp),
        Index = _index,
    };

    private static KernelException Failed(string operation, string hint)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new(operation, errno, $"{FileErrno.Text(errno)}: {hint}");
    }

    /// <summary>struct sockaddr_ll (linux/if_packet.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SockaddrLinkLayer
    {
        public ushort Family;
        public ushort Protocol;
        public int Index;
        public ushort HardwareType;
        public byte PacketType;
        public byte HardwareLength;
        public fixed byte Hardware[8];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial uint if_nametoindex(string name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial SafeFileHandle socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(SafeFileHandle socket, in SockaddrLinkLayer address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockname(SafeFileHandle socket, ref SockaddrLinkLayer address, ref uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendto(
        SafeFileHandle socket, ReadOnlySpan<byte> buffer, nuint length, int flags, in SockaddrLinkLayer address, uint addressLength);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(SafeFileHandle socket, Span<byte> buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "poll")]
    private static partial int LibcPoll(ref PollFd descriptor, ulong count, int timeoutMilliseconds);
}
