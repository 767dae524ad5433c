using System.Diagnostics;

namespace NetAgent.Kernel.Tests.Routes;

/// <summary>Every route change in this namespace, as <c>ip monitor</c> saw it.</summary>
internal sealed class RouteJournal : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];

    public RouteJournal(string family)
    {
        _process = Process.Start(new ProcessStartInfo("ip", [family, "monitor", "route"]) { RedirectStandardOutput = true })!;
        _process.OutputDataReceived += (_, line) =>
        {
            lock (_lines)
            {
                _lines.Add(line.Data ?? "");
            }
        };
        _process.BeginOutputReadLine();
        // It has subscribed once it tells of a route that is changed again and again.
        while (!Seen("127.9.9.9", "::9.9.9.9"))
        {
            foreach (var verb in new[] { "add", "del" })
            {
                TestKit.Shell.TryRun("ip", family, "route", verb, "local", family == "-4" ? "127.9.9.9" : "::9.9.9.9", "dev", "lo", "table", "local");
            }
        }
    }

    /// <summary>Of the local routes to an address there was one at every moment, the first having been there before.</summary>
    public void AssertNeverWithout(string address)
    {
        TestKit.Shell.TryRun("ip", "route", "add", "local", "127.8.8.8", "dev", "lo", "table", "local");
        TestKit.Shell.TryRun("ip", "-6", "route", "add", "local", "::8.8.8.8", "dev", "lo", "table", "local");
        while (!Seen("127.8.8.8", "::8.8.8.8"))
        {
            Thread.Yield();
        }
        lock (_lines)
        {
            var count = 1;
            var changes = _lines.Where(line => line.Contains($"local {address} ", StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(changes);
            foreach (var line in changes)
            {
                count += line.StartsWith("Deleted", StringComparison.Ordinal) ? -1 : 1;
                Assert.True(count > 0, $"no local route left after: {line}");
            }
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private bool Seen(params string[] any)
    {
        lock (_lines)
        {
            return _lines.Any(line => any.Any(text => line.Contains(text, StringComparison.Ordinal)));
        }
    }
}
