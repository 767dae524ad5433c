using System.Runtime.CompilerServices;
using Xunit;

namespace NetAgent.TestKit;

/// <summary>A test that needs a kernel with IPVS and root. Elsewhere it is skipped and says how to run it.</summary>
public sealed class KernelFactAttribute : FactAttribute
{
    /// <summary>Marks the test.</summary>
    public KernelFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber) => Skip = LabKernel.WhyNot;
}

/// <summary>As <see cref="KernelFactAttribute"/>, with rows.</summary>
public sealed class KernelTheoryAttribute : TheoryAttribute
{
    /// <summary>Marks the test.</summary>
    public KernelTheoryAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber) => Skip = LabKernel.WhyNot;
}

/// <summary>Whether kernel tests can run here.</summary>
public static class LabKernel
{
    /// <summary>Null when they can; else why not and what to do.</summary>
    public static string? WhyNot { get; } = Directory.Exists("/proc/sys/net/ipv4/vs") && Environment.IsPrivilegedProcess
        ? null
        : "needs root and a kernel with IPVS: run through tests/Lab/lab";
}
