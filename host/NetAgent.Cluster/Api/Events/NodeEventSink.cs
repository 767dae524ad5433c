using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace NetAgent.Cluster.Api.Events;

/// <summary>
/// Queues events about this Node and decides which of them the API server gets to see: repeats count up, many of a kind become one.
/// </summary>
internal sealed class NodeEventSink(ApiClient client, ServerContact contact, string nodeName, TimeProvider time, ILogger logger)
    : IEventSink
{
    private const int LongestNote = 1024;

    // A series that was silent for so long is over (client-go's recorder).
    private static readonly TimeSpan SeriesEnds = TimeSpan.FromMinutes(6);

    private readonly Channel<EventPost> _queue = Channel.CreateBounded<EventPost>(new BoundedChannelOptions(500) { SingleReader = true });
    private readonly Dictionary<(bool, string, string), EventSeries> _series = [];
    private readonly EventGathering _gathering = new(time);
    private readonly EventBudgets _budgets = new(time);
    private readonly EventWriter _writer = new(client, contact, nodeName, time, logger);
    private long _dropped;
    private long _refused;
    private long _written;
    private long _named;

    public long Dropped => Interlocked.Read(ref _dropped);

    public long Refused => Interlocked.Read(ref _refused);

    public long Written => Interlocked.Read(ref _written);

    public void Post(bool isWarning, string reason, string message)
    {
        if (!_queue.Writer.TryWrite(new(isWarning, reason, Cut(message), time.GetUtcNow())))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var reading = _queue.Reader.WaitToReadAsync(cancellationToken).AsTask();
            while (true)
            {
                await WaitAsync(reading, cancellationToken);
                while (_queue.Reader.TryRead(out var post))
                {
                    if (_gathering.Passes(post))
                    {
                        await WriteAsync(post, cancellationToken);
                    }
                }
                foreach (var gathered in _gathering.TakeDue())
                {
                    await WriteAsync(gathered with { Message = Cut(gathered.Message) }, cancellationToken);
                }
                reading = reading.IsCompleted ? _queue.Reader.WaitToReadAsync(cancellationToken).AsTask() : reading;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Over.
        }
    }

    private async Task WaitAsync(Task reading, CancellationToken cancellationToken)
    {
        if (_gathering.NextDue is not { } due)
        {
            await reading;
            return;
        }
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wait = due - time.GetUtcNow();
        await Task.WhenAny(reading, Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time, enough.Token));
        await enough.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task WriteAsync(EventPost post, CancellationToken cancellationToken)
    {
        foreach (var (over, _) in _series.Where(s => post.At - s.Value.LastAt > SeriesEnds).ToArray())
        {
            _series.Remove(over);
        }
        var key = (post.IsWarning, post.Reason, post.Message);
        var isRepeat = _series.TryGetValue(key, out var series);
        if (isRepeat)
        {
            series!.Count++;
            series.LastAt = post.At;
            // A repeat storm must not become a write storm: 2, 3, 4, 8, 16… and then every doubling.
            if (series.Count > 4 && !int.IsPow2(series.Count))
            {
                return;
            }
        }
        if (!_budgets.TryTake(post.Reason))
        {
            Interlocked.Increment(ref _dropped);
            return;
        }
        series ??= new(string.Create(CultureInfo.InvariantCulture, $"{nodeName}.{post.At.UtcTicks:x}{_named++:x}"), post.At);
        switch (await _writer.WriteAsync(post, series, isRepeat, cancellationToken))
        {
            case EventOutcome.Written:
                _series[key] = series;
                Interlocked.Increment(ref _written);
                break;
            case EventOutcome.Refused:
                _budgets.GiveBack(post.Reason);
                Interlocked.Increment(ref _refused);
                break;
            default:
                // Else an absent API server would use up what the next events need.
                _budgets.GiveBack(post.Reason);
                Interlocked.Increment(ref _dropped);
                break;
        }
    }

    // The API counts bytes.
    private static string Cut(string message)
    {
        while (Encoding.UTF8.GetByteCount(message) > LongestNote)
        {
            message = message[..(Math.Min(message.Length, LongestNote) * 9 / 10)] + "…";
        }
        return message;
    }
}
