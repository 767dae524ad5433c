using System.Runtime.InteropServices;

namespace NetAgent.Dataplane.Files;

/// <summary>errno values that files and sysctls give (asm-generic/errno-base.h), and their names.</summary>
internal static class FileErrno
{
    public const int Eperm = 1;
    public const int Enoent = 2;
    public const int Eio = 5;
    public const int Enxio = 6;
    public const int Eacces = 13;
    public const int Eexist = 17;
    public const int Enotdir = 20;
    public const int Eisdir = 21;
    public const int Einval = 22;
    public const int Erofs = 30;
    public const int Eloop = 40;
    public const int Eopnotsupp = 95;

    /// <summary><c>EACCES (Permission denied)</c>.</summary>
    public static string Text(int errno) => $"{Name(errno)} ({Marshal.GetPInvokeErrorMessage(errno)})";

    private static string Name(int errno) => errno switch
    {
        Eperm => "EPERM",
        Enoent => "ENOENT",
        Eio => "EIO",
        Enxio => "ENXIO",
        Eacces => "EACCES",
        Eexist => "EEXIST",
        Enotdir => "ENOTDIR",
        Eisdir => "EISDIR",
        Einval => "EINVAL",
        Erofs => "EROFS",
        Eloop => "ELOOP",
        Eopnotsupp => "EOPNOTSUPP",
        _ => $"errno {errno}",
    };
}
