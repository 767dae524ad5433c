using System.Runtime.InteropServices;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests;

/// <summary>The constructor takes the thread that will run the test elsewhere, as a thread of the pool may have been taken.</summary>
public sealed partial class HomeNamespaceTests
{
    private const int CloneNewNet = 0x40000000;

    public HomeNamespaceTests()
    {
        Assert.Equal(0, unshare(CloneNewNet));
        Assert.NotEqual(Namespace("self"), Namespace("thread-self"));
    }

    [KernelFact]
    public void A_test_starts_in_the_namespace_of_its_process() => Assert.Equal(Namespace("self"), Namespace("thread-self"));

    private static string? Namespace(string whose) => new FileInfo($"/proc/{whose}/ns/net").LinkTarget;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);
}
