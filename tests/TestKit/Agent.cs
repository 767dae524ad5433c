using System.Diagnostics;
using System.Text;

namespace NetAgent.TestKit;

/// <summary>The built <c>netagent</c>, as users start it.</summary>
public static class Agent
{
    /// <summary>The tree that <c>make build</c> leaves.</summary>
    public static string Folder { get; } = Path.Combine(RepositoryRoot.Path, "artifacts", "netagent");

    /// <summary>The executable.</summary>
    public static string Executable { get; } = Path.Combine(Folder, "netagent");

    /// <summary>Runs a command to its end.</summary>
    public static (int Code, string Output, string Error) Run(params string[] arguments) => Shell.TryRun(Executable, arguments);

    /// <summary>Starts <c>netagent run</c> and leaves it running.</summary>
    public static RunningAgent Start(params string[] arguments) => new(arguments);
}

/// <summary>A <c>netagent run</c> in the background; disposing ends it as a DaemonSet would, with SIGTERM.</summary>
public sealed class RunningAgent : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _log = new();

    internal RunningAgent(string[] arguments)
    {
        var start = new ProcessStartInfo(Agent.Executable, ["run", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("netagent did not start");
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>It ended by itself.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>How and when it ended, its last words and the kernel's, which says so where memory ran out.</summary>
    public string Death => $"netagent ended with {_process.ExitCode} at {_process.ExitTime:HH:mm:ss}: {string.Join('\n', Log.TrimEnd().Split('\n').TakeLast(3))}\n"
        + string.Join('\n', Shell.TryRun("dmesg").Output.TrimEnd().Split('\n').TakeLast(3));

    /// <summary>All it has printed.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Waits until the condition holds, or fails with what the agent printed.</summary>
    /// <param name="condition">What is waited for.</param>
    /// <param name="limit">How long; with <paramref name="progress"/> how long that may stand still.</param>
    /// <param name="what">For people.</param>
    /// <param name="progress">A number that changes for as long as it is worth waiting.</param>
    public void WaitUntil(Func<bool> condition, TimeSpan limit, string what, Func<long>? progress = null)
    {
        var watch = Stopwatch.StartNew();
        var last = -1L;
        while (!condition())
        {
            if (progress?.Invoke() is { } now && now != last)
            {
                last = now;
                watch.Restart();
            }
            if (_process.HasExited || watch.Elapsed > limit)
            {
                throw new InvalidOperationException(
                    $"{what}: not within {limit.TotalSeconds:0} s{(_process.HasExited ? $"; netagent ended with {_process.ExitCode}" : "")}\n{Log}");
            }
            Thread.Sleep(100);
        }
    }

    /// <summary>SIGTERM, then the exit code.</summary>
    public int Stop()
    {
        if (!_process.HasExited)
        {
            Shell.TryRun("kill", "-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (!_process.WaitForExit(20_000))
            {
                _process.Kill();
                throw new InvalidOperationException($"netagent did not end on SIGTERM\n{Log}");
            }
        }
        return _process.ExitCode;
    }

    /// <summary>SIGKILL: no chance to tidy up.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Stop();
        }
        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs e)
    {
        if (e.Data is not null)
        {
            lock (_log)
            {
                _log.AppendLine(e.Data);
            }
        }
    }
}
