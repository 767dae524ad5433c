using System.Reflection;
using System.Runtime.InteropServices;
using Xunit.v3;

namespace NetAgent.TestKit;

/// <summary>
/// Starts every test of an assembly in the process's own network namespace. A thread inherits the namespace of the one that started it,
/// so a pool thread that first started on behalf of <see cref="NetworkNamespace.Run"/> stays in a namespace that nobody else sees.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed partial class HomeNamespaceAttribute : BeforeAfterTestAttribute
{
    private const int CloneNewNet = 0x40000000;

    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => Enter();

    /// <summary>Puts the calling thread into the namespace of the process's first thread; nothing without root.</summary>
    public static void Enter()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }
        using var home = File.OpenHandle("/proc/self/ns/net");
        if (setns((int)home.DangerousGetHandle(), CloneNewNet) != 0)
        {
            throw new InvalidOperationException($"setns /proc/self/ns/net: errno {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int fd, int type);
}
