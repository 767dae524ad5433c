using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetAgent.Dataplane.Linux;

/// <summary>Standard input and output of this process, for a protocol that nothing else in the process may write into.</summary>
public static partial class StandardStreams
{
    private const int DuplicateCloseOnExec = 1030;

    /// <summary>Takes both away: afterwards input is empty and output goes to standard error, for native code as well.</summary>
    /// <exception cref="IOException">A descriptor cannot be duplicated.</exception>
    public static (Stream Input, Stream Output) Take()
    {
        var input = Duplicate(0);
        var output = Duplicate(1);
        using var nothing = File.OpenHandle("/dev/null");
        Replace((int)nothing.DangerousGetHandle(), 0);
        Replace(2, 1);
        return (new FileStream(input, FileAccess.Read, bufferSize: 1), new FileStream(output, FileAccess.Write, bufferSize: 1));
    }

    private static SafeFileHandle Duplicate(int descriptor) =>
        Fcntl(descriptor, DuplicateCloseOnExec, 3) is var copy && copy >= 0
            ? new(copy, ownsHandle: true) : throw Failed($"duplicating descriptor {descriptor}");

    private static void Replace(int from, int to)
    {
        if (Dup2(from, to) < 0)
        {
            throw Failed($"putting descriptor {from} in place of {to}");
        }
    }

    private static IOException Failed(string operation) => new($"{operation}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Dup2(int from, int to);
}
