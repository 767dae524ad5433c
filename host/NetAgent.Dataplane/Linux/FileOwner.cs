using System.ComponentModel;
using System.Runtime.InteropServices;

namespace NetAgent.Dataplane.Linux;

/// <summary>Who owns a file; the framework tells the mode but not the owner.</summary>
public static partial class FileOwner
{
    private const int AtFdCwd = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const uint StatxUid = 0x8;

    /// <summary>The owner of a file, or of a link itself.</summary>
    /// <exception cref="IOException">The file cannot be looked at.</exception>
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

    /// <summary>The user that this process acts as.</summary>
    public static uint Self() => EffectiveUser();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> buffer);
}
