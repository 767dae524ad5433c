using System.ComponentModel;
using System.Diagnostics;

namespace NetAgent.TestKit;

/// <summary>Runs tools in the caller's network namespace.</summary>
public static class Shell
{
    /// <summary>Standard output of a command that must succeed.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds its output.</exception>
    public static string Run(string file, params string[] arguments)
    {
        var (code, output, error) = TryRun(file, arguments);
        return code == 0
            ? output
            : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)}: exit {code}\n{output}{error}");
    }

    /// <summary>Runs <c>sh -c</c>.</summary>
    public static string Script(string text) => Run("sh", "-c", text);

    /// <summary>Exit code and both outputs of a command.</summary>
    public static (int Code, string Output, string Error) TryRun(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        using var process = Process.Start(start) ?? throw new Win32Exception($"{file} did not start");
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
