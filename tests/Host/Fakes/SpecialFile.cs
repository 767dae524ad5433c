using System.Diagnostics;

namespace NetAgent.Host.Tests.Fakes;

/// <summary>Files at which a careless reader waits for ever.</summary>
internal static class SpecialFile
{
    /// <summary>A FIFO in the place of whatever is there; nobody writes to it.</summary>
    public static void Fifo(string path)
    {
        File.Delete(path);
        using var mkfifo = Process.Start("mkfifo", ["-m", "644", path]);
        mkfifo.WaitForExit();
        Assert.Equal(0, mkfifo.ExitCode);
    }

    /// <summary>Fails instead of hanging. The thread that hangs is lost.</summary>
    public static Task<T> SoonAsync<T>(Func<T> call)
    {
        var result = new TaskCompletionSource<T>();
        new Thread(() => result.SetResult(call())) { IsBackground = true }.Start();
        return result.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }
}
