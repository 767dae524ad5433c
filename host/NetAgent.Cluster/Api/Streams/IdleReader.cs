using System.IO.Pipelines;

namespace NetAgent.Cluster.Api.Streams;

/// <summary>Reads a response, and gives up when nothing comes for too long.</summary>
internal sealed class IdleReader(Stream stream, TimeProvider time) : IAsyncDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly PipeReader _pipe = PipeReader.Create(stream, new(bufferSize: BufferSize, minimumReadSize: BufferSize / 4));

    /// <summary>Reads until more than <paramref name="have"/> bytes are there, or the response ends.</summary>
    /// <exception cref="TimeoutException">Nothing came within the limit.</exception>
    public async ValueTask<ReadResult> ReadAsync(long have, TimeSpan limit, CancellationToken cancellationToken)
    {
        // A whole buffer of one object means a large one: reading it in ever larger parts keeps the cost of looking again linear.
        var reading = have > 0 ? _pipe.ReadAtLeastAsync((int)have + 1, cancellationToken) : _pipe.ReadAsync(cancellationToken);
        if (reading.IsCompleted)
        {
            return await reading;
        }
        var task = reading.AsTask();
        try
        {
            return await task.WaitAsync(limit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            _pipe.CancelPendingRead();
            throw new TimeoutException($"nothing came for {limit.TotalSeconds:0} s");
        }
    }

    public void AdvanceTo(SequencePosition consumed, SequencePosition examined) => _pipe.AdvanceTo(consumed, examined);

    public async ValueTask DisposeAsync()
    {
        // The stream first: a read that still hangs ends with it.
        await stream.DisposeAsync();
        _pipe.CancelPendingRead();
    }
}
