using System.Diagnostics;
using System.Globalization;
using NetAgent.Host.Configuration;
using NetAgent.Host.Isolation.Wire;
using NetAgent.Host.Plugins.Discovery;

namespace NetAgent.Host.Isolation;

/// <summary>The plugin's process ended, was ended, or spoke nonsense.</summary>
internal sealed class PluginProcessException(string message) : IOException(message);

/// <summary>One run of <c>netagent plugin-host</c>.</summary>
internal sealed class PluginProcess : IDisposable
{
    // The runtime's own; nothing of the host's environment is the plugin's business.
    private static readonly string[] _inherited = ["PATH", "DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64", "TMPDIR", "TZ"];

    private readonly Process _process;
    private readonly FrameStream _frames;
    private readonly StderrTail _stderr = new();
    private readonly PluginIsolation _isolation;
    private readonly Task _following;
    private volatile bool _isAbandoned;

    private PluginProcess(Process process, PluginIsolation isolation)
    {
        _process = process;
        _isolation = isolation;
        _frames = new(process.StandardOutput.BaseStream, process.StandardInput.BaseStream);
        _following = _stderr.FollowAsync(process.StandardError);
    }

    public bool HasExited => _process.HasExited;

    public static PluginProcess Start(string executable, PluginImage image, PluginIsolation isolation)
    {
        var start = new ProcessStartInfo(executable, ["plugin-host", image.Name, image.AssemblyPath])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(image.AssemblyPath)!,
        };
        var kept = _inherited.Select(name => (name, Environment.GetEnvironmentVariable(name))).ToArray();
        start.Environment.Clear();
        foreach (var (name, value) in kept.Where(variable => variable.Item2 is not null))
        {
            start.Environment[name] = value;
        }
        // The runtime reads this one as hexadecimal.
        start.Environment["DOTNET_GCHeapHardLimit"] = isolation.MemoryLimit.ToString("X", CultureInfo.InvariantCulture);
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        try
        {
            return new(Process.Start(start)!, isolation);
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new PluginProcessException($"{executable} does not start: {failure.Message}");
        }
    }

    /// <summary>Sends a frame and waits for the answer, however long that takes; <see cref="Kill"/> ends the wait.</summary>
    /// <exception cref="PluginProcessException">The process ended, or its answer is none.</exception>
    public (FrameKind Kind, ReadOnlyMemory<byte> Content) Ask(FrameKind kind, WireWriter content)
    {
        try
        {
            _frames.Write(kind, content);
        }
        catch (IOException)
        {
            throw Ended();
        }
        return Answer();
    }

    public (FrameKind Kind, ReadOnlyMemory<byte> Content) Answer()
    {
        try
        {
            return _frames.Read() ?? throw Ended();
        }
        catch (WireException nonsense)
        {
            Kill();
            throw new PluginProcessException($"its process sent nonsense ({nonsense.Message}) and was ended");
        }
    }

    /// <summary>From any thread.</summary>
    public void Kill()
    {
        _isAbandoned = true;
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It was quicker.
        }
    }

    /// <summary>How it ended, for people.</summary>
    public PluginProcessException Ended()
    {
        // A closed pipe comes a moment before the exit; a process that closed its pipe and lives on is no use either.
        if (!_process.WaitForExit(TimeSpan.FromSeconds(2)))
        {
            Kill();
            _process.WaitForExit();
        }
        _following.Wait(TimeSpan.FromSeconds(1));
        var said = _stderr.Summary();
        if (_process.ExitCode == PluginServer.OutOfMemory || said.Contains("Out of memory", StringComparison.OrdinalIgnoreCase))
        {
            return new($"its process needed more than its memoryLimit of {_isolation.MemoryLimit >> 20}Mi; raise it if the plugin is worth it");
        }
        if (_isAbandoned)
        {
            return new("its process was ended because a call did not return in time");
        }
        // 128 + the signal's number, as shells count.
        var how = _process.ExitCode > 128 ? $"was ended by signal {_process.ExitCode - 128}" : $"ended with exit code {_process.ExitCode}";
        return new(said.Length == 0 ? $"its process {how}" : $"its process {how}: {said}");
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }
}
