namespace NetAgent.Dataplane.Netlink;

/// <summary>A kernel operation failed as a whole: a socket that does not open, a dump that does not end.</summary>
public sealed class KernelException : IOException
{
    /// <summary>Names the operation, errno (0 where there is none) and the object.</summary>
    public KernelException(string operation, int errno, string message)
        : base($"{operation}: {message}")
    {
        Operation = operation;
        Errno = errno;
    }

    /// <summary>The kernel's name of the operation.</summary>
    public string Operation { get; }

    /// <summary>errno, or 0.</summary>
    public int Errno { get; }

    /// <summary>What all of its kind fails of, in every family and table; null where it need not.</summary>
    public FailureCause? Cause { get; init; }
}
