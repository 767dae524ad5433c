using System.Globalization;

namespace NetAgent.Dataplane.Netlink;

/// <summary>errno values that netlink answers with (asm-generic/errno.h), and their words.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;         // EPERM
    public const int NoEntry = 2;              // ENOENT
    public const int NoProcess = 3;            // ESRCH
    public const int Interrupted = 4;          // EINTR
    public const int Again = 11;               // EAGAIN
    public const int Busy = 16;                // EBUSY
    public const int Exists = 17;              // EEXIST
    public const int NoDevice = 19;            // ENODEV
    public const int Invalid = 22;             // EINVAL
    public const int BadMessage = 74;          // EBADMSG
    public const int MessageTooLong = 90;      // EMSGSIZE
    public const int NoOption = 92;            // ENOPROTOOPT
    public const int NotSupported = 95;        // EOPNOTSUPP
    public const int AddressNotAvailable = 99; // EADDRNOTAVAIL
    public const int NetworkDown = 100;        // ENETDOWN
    public const int NoBuffers = 105;          // ENOBUFS
    public const int TimedOut = 110;           // ETIMEDOUT

    /// <summary>The error in words, with its C name: <c>file exists (EEXIST)</c>.</summary>
    public static string Describe(int errno) => errno switch
    {
        NotPermitted => "operation not permitted (EPERM); the agent needs CAP_NET_ADMIN",
        NoEntry => "no such object (ENOENT)",
        NoProcess => "no such object (ESRCH)",
        Interrupted => "interrupted (EINTR)",
        5 => "input/output error (EIO)",
        6 => "no such device or address (ENXIO)",
        7 => "argument list too long (E2BIG)",
        9 => "bad file descriptor (EBADF)",
        Again => "resource temporarily unavailable (EAGAIN)",
        12 => "out of memory (ENOMEM)",
        13 => "permission denied (EACCES)",
        Busy => "busy (EBUSY)",
        Exists => "exists already (EEXIST)",
        NoDevice => "no such device (ENODEV)",
        Invalid => "invalid argument (EINVAL)",
        23 => "too many open files in system (ENFILE)",
        24 => "too many open files (EMFILE)",
        28 => "no space left (ENOSPC)",
        30 => "read-only file system (EROFS)",
        33 => "argument out of domain (EDOM)",
        34 => "out of range (ERANGE)",
        BadMessage => "malformed message (EBADMSG)",
        MessageTooLong => "message too long (EMSGSIZE)",
        NoOption => "option not available (ENOPROTOOPT)",
        93 => "protocol not supported (EPROTONOSUPPORT)",
        NotSupported => "not supported (EOPNOTSUPP)",
        97 => "address family not supported (EAFNOSUPPORT)",
        98 => "address in use (EADDRINUSE)",
        AddressNotAvailable => "address not available (EADDRNOTAVAIL)",
        NetworkDown => "network is down (ENETDOWN)",
        101 => "network unreachable (ENETUNREACH)",
        NoBuffers => "socket buffer overrun, result unknown (ENOBUFS)",
        TimedOut => "no answer in time (ETIMEDOUT)",
        113 => "no route to host (EHOSTUNREACH)",
        _ => string.Create(CultureInfo.InvariantCulture, $"errno {errno}"),
    };
}
