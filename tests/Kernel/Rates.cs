using System.Diagnostics;

namespace NetAgent.Kernel.Tests;

/// <summary>Says how long things took. Nothing is asserted: the machine is not a quiet one.</summary>
internal sealed class Rates
{
    private readonly List<string> _lines = [];

    public TResult Measure<TResult>(string what, int rows, Func<TResult> action)
    {
        var watch = Stopwatch.StartNew();
        var result = action();
        var elapsed = watch.Elapsed;
        _lines.Add($"{what}: {rows} in {elapsed.TotalMilliseconds:F0} ms, {rows / elapsed.TotalSeconds:F0}/s");
        return result;
    }

    public void Print() => _lines.ForEach(line => TestContext.Current.SendDiagnosticMessage("{0}", line));
}
