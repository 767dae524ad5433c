using System.ComponentModel;
using System.Diagnostics;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Iptables;

/// <summary>What a tool said.</summary>
internal readonly record struct ProcessResult(int ExitCode, string Output, string Error);

/// <summary>Runs the iptables tools; a seam so that the logic above it is tested without a kernel.</summary>
internal interface IIptablesProcess
{
    /// <summary>The absolute path of a tool, or null where there is none.</summary>
    string? Find(string tool);

    /// <summary>Runs a tool with its whole input and hands back all it said.</summary>
    /// <exception cref="KernelException">It did not start, or did not end in time.</exception>
    ProcessResult Run(string path, IReadOnlyList<string> arguments, string input);
}

/// <summary>
/// The one place that starts processes. The child gets the calling thread's network namespace. A tool that outlives the deadline is killed:
/// the xtables lock is waited for by the tool itself (-w), so this only guards against a hang.
/// </summary>
internal sealed class IptablesProcess(TimeSpan deadline) : IIptablesProcess
{
    // An agent's PATH need not name the sbin folders.
    private static readonly string[] SystemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

    public IptablesProcess()
        : this(TimeSpan.FromSeconds(30))
    {
    }

    public string? Find(string tool) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Concat(SystemFolders)
        .Select(folder => Path.Combine(folder, tool))
        .FirstOrDefault(File.Exists);

    public ProcessResult Run(string path, IReadOnlyList<string> arguments, string input)
    {
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Start(start);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        var late = Stopwatch.StartNew();
        Feed(process, input);
        if (!process.WaitForExit(deadline) || !Task.WaitAll([output, error], Remaining(late)))
        {
            process.Kill();
            throw new KernelException(Path.GetFileName(path), 0, $"did not end within {deadline.TotalSeconds} s and was killed");
        }
        return new(process.ExitCode, output.Result, error.Result);
    }

    private TimeSpan Remaining(Stopwatch watch) => deadline > watch.Elapsed ? deadline - watch.Elapsed : TimeSpan.FromSeconds(1);

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new KernelException(start.FileName, 0, "did not start");
        }
        catch (Win32Exception e)
        {
            throw new KernelException(start.FileName, e.NativeErrorCode, $"cannot be started: {e.Message}");
        }
    }

    private static void Feed(Process process, string input)
    {
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // EPIPE: the tool stopped reading at an error, which its exit code and stderr tell better.
        }
    }
}
