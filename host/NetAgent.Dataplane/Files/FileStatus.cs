using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetAgent.Dataplane.Files;

/// <summary>What statx tells of a file; the framework tells neither kind nor owner.</summary>
/// <param name="Type">What kind of file it is.</param>
/// <param name="Owner">The user it belongs to.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Inode">Its number in its file system.</param>
/// <param name="Changed">Nanoseconds of the last change to the file or its inode; nobody can set it back.</param>
public readonly partial record struct FileStatus(FileType Type, uint Owner, UnixFileMode Mode, long Size, ulong Inode, long Changed)
{
    private const int AtFdCwd = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const int AtEmptyPath = 0x1000;

    // type, mode, uid, mtime, ctime, ino, size: STATX_BASIC_STATS without what nobody asks for.
    private const uint Mask = 0x1 | 0x2 | 0x8 | 0x80 | 0x100 | 0x200;

    public bool IsRegular => Type == FileType.Regular;

    public bool IsDirectory => Type == FileType.Directory;

    public bool IsLink => Type == FileType.Link;

    /// <summary>The type in words: <c>regular file</c>, <c>FIFO</c>, ….</summary>
    public string Kind => Type switch
    {
        FileType.Regular => "regular file",
        FileType.Directory => "directory",
        FileType.Link => "symbolic link",
        FileType.Fifo => "FIFO",
        FileType.Socket => "socket",
        FileType.CharacterDevice => "character device",
        FileType.BlockDevice => "block device",
        _ => "file of an unknown kind",
    };

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
        return errno is FileErrno.Enoent or FileErrno.Enotdir
            ? null : throw new IOException($"statx {path}: {new Win32Exception(errno).Message}");
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
        return new((FileType)(mode & 0xF000), BitConverter.ToUInt32(buffer[20..]), (UnixFileMode)(mode & 0xFFF),
            BitConverter.ToInt64(buffer[40..]),
            BitConverter.ToUInt64(buffer[32..]),
            (BitConverter.ToInt64(buffer[96..]) * 1_000_000_000) + BitConverter.ToUInt32(buffer[104..]));
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> buffer);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(SafeFileHandle file, string path, int flags, uint mask, Span<byte> buffer);
}

/// <summary>Types of files (S_IFMT, linux/stat.h); another value is a type that nobody here knows.</summary>
public enum FileType
{
    /// <summary>Not known.</summary>
    None = 0,

    /// <summary>S_IFIFO.</summary>
    Fifo = 0x1000,

    /// <summary>S_IFCHR.</summary>
    CharacterDevice = 0x2000,

    /// <summary>S_IFDIR.</summary>
    Directory = 0x4000,

    /// <summary>S_IFBLK.</summary>
    BlockDevice = 0x6000,

    /// <summary>S_IFREG.</summary>
    Regular = 0x8000,

    /// <summary>S_IFLNK.</summary>
    Link = 0xA000,

    /// <summary>S_IFSOCK.</summary>
    Socket = 0xC000,
}
