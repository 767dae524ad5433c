using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetAgent.Dataplane.Files;

/// <summary>
/// open, read, write and the like with their errno. The framework's file classes fold EACCES, EROFS and EPERM into one exception, and a
/// sysctl must be written by exactly one write(2).
/// </summary>
internal static partial class PosixFile
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int Truncate = 0x200;
    public const int NonBlock = 0x800;
    public const int Directory = 0x10000;
    public const int NoFollow = 0x20000;
    public const int CloseOnExec = 0x80000;

    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;

    // arm64 has its own values for these two (asm-generic/fcntl.h against arch/arm64/include/uapi/asm/fcntl.h).
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    /// <summary>A handle, or null and the errno.</summary>
    public static SafeFileHandle? Open(string path, int flags, int mode, out int errno)
    {
        var handle = open(path, ForArchitecture(flags | CloseOnExec), mode);
        errno = handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        if (!handle.IsInvalid)
        {
            return handle;
        }
        handle.Dispose();
        return null;
    }

    /// <summary>The whole text, or null and the errno.</summary>
    public static string? ReadText(string path, int flags, out int errno)
    {
        using var handle = Open(path, ReadOnly | flags, 0, out errno);
        if (handle is null)
        {
            return null;
        }
        var bytes = new List<byte>();
        var buffer = new byte[4096];
        while (true)
        {
            var count = read(handle, buffer, buffer.Length);
            if (count < 0)
            {
                errno = Marshal.GetLastPInvokeError();
                return null;
            }
            if (count == 0)
            {
                return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(bytes));
            }
            bytes.AddRange(buffer.AsSpan(0, (int)count));
        }
    }

    /// <summary>Writes with one write(2) where the kernel takes it whole; 0 or the errno.</summary>
    public static int Write(SafeFileHandle handle, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = write(handle, bytes, bytes.Length);
            if (count < 0)
            {
                return Marshal.GetLastPInvokeError();
            }
            bytes = bytes[(int)count..];
        }
        return 0;
    }

    /// <summary>0 or the errno.</summary>
    public static int Sync(SafeFileHandle handle) => ErrnoOf(fsync(handle));

    /// <summary>Makes what was renamed, made or deleted in a folder survive a power cut; 0 or the errno.</summary>
    public static int SyncFolder(string path)
    {
        using var folder = Open(path, ReadOnly | Directory, 0, out var errno);
        errno = folder is null ? errno : Sync(folder);
        // Some file systems (FUSE) cannot sync folders; the files themselves are safe.
        return errno == FileErrno.Einval ? 0 : errno;
    }

    /// <summary>Takes the lock of flock(2) until the handle is closed; false when somebody else has it. Never waits.</summary>
    public static bool TryLock(SafeFileHandle handle) => flock(handle, LockExclusive | LockNonBlocking) == 0;

    /// <summary>0 or the errno.</summary>
    public static int SetMode(SafeFileHandle handle, int mode) => ErrnoOf(fchmod(handle, mode));

    /// <summary>0 or the errno.</summary>
    public static int Rename(string from, string to) => ErrnoOf(rename(from, to));

    /// <summary>0 or the errno.</summary>
    public static int Unlink(string path) => ErrnoOf(unlink(path));

    private static int ErrnoOf(int result) => result == 0 ? 0 : Marshal.GetLastPInvokeError();

    private static int ForArchitecture(int flags)
    {
        if (!IsArm)
        {
            return flags;
        }
        var others = flags & ~(Directory | NoFollow);
        return others | ((flags & Directory) != 0 ? 0x4000 : 0) | ((flags & NoFollow) != 0 ? 0x8000 : 0);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle handle, [Out] byte[] buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle handle, ReadOnlySpan<byte> buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle handle);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle handle, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(SafeFileHandle handle, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);
}
