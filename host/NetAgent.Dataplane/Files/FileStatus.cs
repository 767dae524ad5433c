using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetAgent.Dataplane.Files;

/// <summary>What statx tells of a file; the framework tells neither kind nor owner.</summary>
/// <param name="Kind">In words: <c>regular file</c>, <c>FIFO</c>, <c>directory</c>, ….</param>
/// <param name="Owner">The user it belongs to.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Inode">Its number in its file system.</param>
/// <param name="Changed">Nanoseconds of the last change to the file or its inode; nobody can set it back.</param>
public readonly partial record struct FileStatus(string Kind, uint Owner, UnixFileMode Mode, long Size, ulong Inode, long Changed)
{
    private const int AtFdCwd = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const int AtEmptyPath = 0x1000;

    // type, mode, uid, mtime, ctime, ino, size: STATX_BASIC_STATS without what nobody asks for.
    private const uint Mask = 0x1 | 0x2 | 0x8 | 0x80 | 0x100 | 0x200;

    public bool IsRegular => Kind == "regular file";

    public bool IsDirectory => Kind == "directory";

    /// <summary>Null when there is no such file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="followLinks">False: of a link itself.</param>
    /// <exception cref="IOException">The file cannot be looked at.</exception>
    public static FileStatus? Of(string path, bool followLinks = true)
    {
        Span<byte> buffer = stackalloc byte[256];
        if (Statx(AtFdCwd, path, followLinks ? 0 : AtSymlinkNoFollow, Mask, buffer) == 0)
        {
            return Read(buffer);
        }
        var errno = Marshal.GetLastPInvokeError();
        return errno is FileErrno.Enoent or FileErrno.Enotdir ? null : throw new IOException($"statx {path}: {new Win32Exception(errno).Message}");
    }

    /// <summary>Of an open file, whatever its path means by now.</summary>
    /// <exception cref="IOException">The file cannot be looked at.</exception>
    public static FileStatus Of(SafeFileHandle file)
    {
        Span<byte> buffer = stackalloc byte[256];
        return Statx(file, "", AtEmptyPath, Mask, buffer) == 0
            ? Read(buffer)
            : throw new IOException($"statx: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    // struct statx, linux/stat.h: uid 20, mode 28, ino 32, size 40, ctime 96.
    private static FileStatus Read(ReadOnlySpan<byte> buffer)
    {
        var mode = BitConverter.ToUInt16(buffer[28..]);
        return new(KindOf(mode), BitConverter.ToUInt32(buffer[20..]), (UnixFileMode)(mode & 0xFFF), BitConverter.ToInt64(buffer[40..]),
            BitConverter.ToUInt64(buffer[32..]), (BitConverter.ToInt64(buffer[96..]) * 1_000_000_000) + BitConverter.ToUInt32(buffer[104..]));
    }

    private static string KindOf(ushort mode) => (mode & 0xF000) switch
    {
        0x8000 => "regular file",
        0x4000 => "directory",
        0xA000 => "symbolic link",
        0x1000 => "FIFO",
        0xC000 => "socket",
        0x2000 => "character device",
        0x6000 => "block device",
        _ => "file of an unknown kind",
    };

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> buffer);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(SafeFileHandle file, string path, int flags, uint mask, Span<byte> buffer);
}
