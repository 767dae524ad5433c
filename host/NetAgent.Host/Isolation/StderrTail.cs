using System.Text;

namespace NetAgent.Host.Isolation;

/// <summary>The last of what a process says on standard error: bounded, however much it says.</summary>
internal sealed class StderrTail
{
    private const int Capacity = 4096;
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();

    /// <summary>Reads until the process closes its end.</summary>
    public async Task FollowAsync(StreamReader reader)
    {
        var chunk = new char[Capacity];
        try
        {
            while (await reader.ReadAsync(chunk) is var count && count > 0)
            {
                lock (_gate)
                {
                    _text.Append(chunk, 0, count);
                    _text.Remove(0, Math.Max(0, _text.Length - Capacity));
                }
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            // The process was let go.
        }
    }

    /// <summary>The first lines of it on one line, without the stack trace that the runtime adds; empty when there is nothing.</summary>
    public string Summary()
    {
        lock (_gate)
        {
            var lines = _text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Where(line => !line.StartsWith("at ", StringComparison.Ordinal))
                .Take(4);
            return string.Join(" | ", lines) is var summary && summary.Length > 400 ? summary[..400] : summary;
        }
    }
}
