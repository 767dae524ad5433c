using System.Buffers;
using System.Text;

namespace NetAgent.Cluster.Api.Access;

/// <summary>
/// Reads what a process prints while it runs, to its end, and keeps as much as is allowed: neither a full pipe nor an endless one holds
/// anybody up.
/// </summary>
internal sealed class BoundedOutput : IDisposable
{
    // A child that it left behind may hold the pipe open for ever, and has nothing to add.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ArrayBufferWriter<byte> _kept = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _overflowed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stream _stream;
    private readonly int _limit;
    private readonly Task _reading;

    public BoundedOutput(Stream stream, int limit)
    {
        (_stream, _limit) = (stream, limit);
        _reading = ReadAsync();
    }

    /// <summary>Ends when there was more than the limit.</summary>
    public Task Overflowed => _overflowed.Task;

    /// <summary>What was printed, once the process has ended.</summary>
    public async Task<string> TextAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(_reading, Task.Delay(Patience, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        lock (_kept)
        {
            return Encoding.UTF8.GetString(_kept.WrittenSpan);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stream.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[16 << 10];
        try
        {
            for (int count; (count = await _stream.ReadAsync(buffer, _stop.Token)) > 0;)
            {
                lock (_kept)
                {
                    var room = _limit - _kept.WrittenCount;
                    _kept.Write(buffer.AsSpan(0, Math.Min(count, room)));
                    if (count > room)
                    {
                        _overflowed.TrySetResult();
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The process was given up, and its pipe closed.
        }
    }
}
