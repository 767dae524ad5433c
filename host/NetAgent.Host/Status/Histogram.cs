using System.Globalization;

namespace NetAgent.Host.Status;

/// <summary>A Prometheus histogram.</summary>
internal sealed class Histogram(params double[] bounds)
{
    private readonly Lock _gate = new();
    private readonly long[] _counts = new long[bounds.Length];
    private long _count;
    private double _sum;

    /// <summary>Bounds that double.</summary>
    public static double[] Doubling(double first, int count) => [.. Enumerable.Range(0, count).Select(k => first * Math.Pow(2, k))];

    public void Observe(double value)
    {
        lock (_gate)
        {
            for (var i = bounds.Length - 1; i >= 0 && value <= bounds[i]; i--)
            {
                _counts[i]++;
            }
            _count++;
            _sum += value;
        }
    }

    /// <summary>Writes the samples; the family is announced before.</summary>
    public void Write(PrometheusText text, string name, (string Key, string Value) label)
    {
        lock (_gate)
        {
            for (var i = 0; i < bounds.Length; i++)
            {
                text.Sample($"{name}_bucket", _counts[i], label, ("le", bounds[i].ToString("R", CultureInfo.InvariantCulture)));
            }
            text.Sample($"{name}_bucket", _count, label, ("le", "+Inf"));
            text.Sample($"{name}_sum", _sum, label);
            text.Sample($"{name}_count", _count, label);
        }
    }
}
