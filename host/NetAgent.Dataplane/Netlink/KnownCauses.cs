namespace NetAgent.Dataplane.Netlink;

/// <summary>Causes that are the agent's or the node's, and not a row's.</summary>
internal static class KnownCauses
{
    private const int OutOfMemory = 12;        // ENOMEM
    private const int ReadOnlyFileSystem = 30; // EROFS

    /// <summary>What an errno says about the agent or the node rather than about the row; null for the others.</summary>
    public static FailureCause? Of(int errno) => errno is Errno.NotPermitted or Errno.NoBuffers or OutOfMemory or ReadOnlyFileSystem
        ? new($"errno {errno}", Errno.Describe(errno))
        : null;

    /// <summary>Kernel modules that are not loaded.</summary>
    public static FailureCause Modules(IReadOnlyCollection<string> modules) =>
        new($"modules {string.Join(' ', modules)}",
            $"this kernel has not loaded {string.Join(", ", modules)}: modprobe {string.Join(' ', modules)}");
}
