using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace NetAgent.TestKit;

/// <summary>
/// Runs a test body on a thread of its own with a network namespace of its own. Sockets it opens, child processes it starts and
/// /proc/sys/net are that namespace's. The body must not await: it would hop to a thread of the old namespace.
/// </summary>
public static partial class NetworkNamespace
{
    private const int CloneNewNet = 0x40000000;

    /// <summary>Runs the body with <c>lo</c> up and throws what it throws.</summary>
    public static void Run(Action body)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                if (unshare(CloneNewNet) != 0)
                {
                    throw new InvalidOperationException($"unshare(CLONE_NEWNET): errno {Marshal.GetLastPInvokeError()}; run as root");
                }
                // IPVS refuses destinations in a namespace without any local address (no local FIB table).
                Shell.Run("ip", "link", "set", "lo", "up");
                body();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);
}
