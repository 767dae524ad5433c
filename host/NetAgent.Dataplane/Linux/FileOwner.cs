using System.ComponentModel;
using System.Runtime.InteropServices;

namespace NetAgent.Dataplane.Linux;

/// <summary>Who owns a file; the framework tells the mode but not the owner. Here because only this project calls the kernel.</summary>
public static partial class FileOwner
{
    private const int AtFdCwd = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const uint StatxUid = 0x8;

    /// <exception cref="IOException">The file cannot be looked at.</exception>
    /// <summary>The uid of its owner; a symbolic link is not followed.</summary>
    public static uint Of(string path)
    {
        // struct statx, linux/stat.h: stx_uid at 20.
        Span<byte> buffer = stackalloc byte[256];
        if (Statx(AtFdCwd, path, AtSymlinkNoFollow, StatxUid, buffer) != 0)
        {
            throw new IOException($"statx {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
        return BitConverter.ToUInt32(buffer[20..]);
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial uint Self();

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> buffer);
}
