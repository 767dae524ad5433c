namespace NetAgent.Dataplane.Netlink;

/// <summary>One thing of which many rows can fail at once. It is known by the kind of error, never by its words.</summary>
/// <param name="Key">The same for all that fail of it.</param>
/// <param name="Text">What it is and what helps.</param>
public sealed record FailureCause(string Key, string Text)
{
    private const int ReadOnlyFileSystem = 30; // EROFS
    private const int OutOfMemory = 12;        // ENOMEM

    /// <summary>How soon trying again makes sense, however often it failed; null for longer and longer waits.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What an errno says about the agent or the node rather than about the row; null for the others.</summary>
    internal static FailureCause? Of(int errno) => errno is Errno.NotPermitted or Errno.NoBuffers or OutOfMemory or ReadOnlyFileSystem
        ? new($"errno {errno}", Errno.Describe(errno))
        : null;

    /// <summary>Kernel modules that are not loaded.</summary>
    internal static FailureCause Modules(IReadOnlyCollection<string> modules) =>
        new($"modules {string.Join(' ', modules)}", $"this kernel has not loaded {string.Join(", ", modules)}: modprobe {string.Join(' ', modules)}");
}
