using System.Diagnostics;
using System.Globalization;

namespace NetAgent.EndToEnd.Tests.ApiKernel;

/// <summary>How much of its processor an emulated kernel really has: the same work over and over, against the fastest it ever went.</summary>
internal sealed class ProcessorShare
{
    private readonly List<double> _probes = [];

    /// <summary>1 when the processor was ours alone; 2 when work took twice as long as it need.</summary>
    internal double Slowdown => _probes.Average() / _probes.Min();

    internal void Probe()
    {
        var watch = Stopwatch.GetTimestamp();
        var sum = 1u;
        for (var i = 0; i < 2_000_000; i++)
        {
            sum = (sum * 1664525) + 1013904223;
        }
        GC.KeepAlive(sum);
        _probes.Add(Stopwatch.GetElapsedTime(watch).TotalMilliseconds);
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"computing took {Slowdown:0.0} times as long as on a processor of one's own ({_probes.Min():0.0} ms at best, {_probes.Average():0.0} on average)");
}
