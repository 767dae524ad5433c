using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using NetAgent.Cluster.Api.Access;

namespace NetAgent.Cluster.Api.Events;

/// <summary>Writes events.k8s.io/v1 Events about this Node, as kube-proxy does: a new one is created, a repeat patches the series of the first.</summary>
internal sealed class NodeEventSink(ApiConnection connection, string nodeName, TimeProvider time, ILogger logger) : IEventSink
{
    private const int LongestNote = 1024;

    // About two minutes, as client-go: an event from when the API server is away should outlast its restart.
    private const int Tries = 12;

    // A series that was silent for so long is over (client-go's recorder).
    private static readonly TimeSpan SeriesEnds = TimeSpan.FromMinutes(6);

    private readonly Channel<(bool IsWarning, string Reason, string Message, DateTimeOffset At)> _queue =
        Channel.CreateBounded<(bool, string, string, DateTimeOffset)>(new BoundedChannelOptions(200) { SingleReader = true });
    private readonly Dictionary<(bool, string, string), Series> _series = [];
    private readonly EventBudget _budget = new(25, TimeSpan.FromMinutes(5), time);
    // Where events about what has no namespace go; 1.20 still wants kube-system. kubectl describe finds them in both.
    private string _namespace = "default";
    private long _dropped;
    private long _written;
    private long _named;

    private string Path => $"apis/events.k8s.io/v1/namespaces/{_namespace}/events";

    public long Dropped => Interlocked.Read(ref _dropped);

    public long Written => Interlocked.Read(ref _written);

    public void Post(bool isWarning, string reason, string message)
    {
        if (!_queue.Writer.TryWrite((isWarning, reason, Cut(message), time.GetUtcNow())))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var (isWarning, reason, message, at) = await _queue.Reader.ReadAsync(cancellationToken);
                await WriteAsync(isWarning, reason, message, at, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task WriteAsync(bool isWarning, string reason, string message, DateTimeOffset at, CancellationToken cancellationToken)
    {
        foreach (var (over, _) in _series.Where(s => at - s.Value.LastAt > SeriesEnds).ToArray())
        {
            _series.Remove(over);
        }
        var key = (isWarning, reason, message);
        var isRepeat = _series.TryGetValue(key, out var series);
        if (isRepeat)
        {
            series!.Count++;
            series.LastAt = at;
            // A repeat storm must not become a write storm: 2, 3, 4, 8, 16… and then every doubling.
            if (series.Count > 4 && !int.IsPow2(series.Count))
            {
                return;
            }
        }
        if (!_budget.TryTake())
        {
            Interlocked.Increment(ref _dropped);
            return;
        }
        if (!isRepeat)
        {
            series = new(string.Create(CultureInfo.InvariantCulture, $"{nodeName}.{at.UtcTicks:x}{_named++:x}"), at);
        }
        if (await TryWriteAsync(isWarning, reason, message, series!, isRepeat, cancellationToken))
        {
            _series[key] = series!;
            Interlocked.Increment(ref _written);
        }
        else
        {
            // Else an absent API server would use up what the next events need.
            _budget.GiveBack();
            Interlocked.Increment(ref _dropped);
        }
    }

    private async Task<bool> TryWriteAsync(bool isWarning, string reason, string message, Series series, bool isRepeat, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), Random.Shared);
        while (true)
        {
            try
            {
                var body = isRepeat ? PatchBody(series) : CreateBody(isWarning, reason, message, series);
                using var response = await connection.SendAsync(() => new(isRepeat ? HttpMethod.Patch : HttpMethod.Post, isRepeat ? $"{Path}/{series.Name}" : Path)
                {
                    Content = new ByteArrayContent(body) { Headers = { ContentType = new(isRepeat ? "application/merge-patch+json" : "application/json") } },
                }, cancellationToken);
                return true;
            }
            catch (ApiException e) when (isRepeat && e.Status == HttpStatusCode.NotFound)
            {
                // The server forgets events after an hour.
                isRepeat = false;
            }
            catch (ApiException e) when (!isRepeat && e.Status == HttpStatusCode.UnprocessableEntity && _namespace == "default")
            {
                _namespace = "kube-system";
            }
            catch (Exception e) when (e is ApiException or HttpRequestException or TimeoutException or AccessException or IOException)
            {
                var refused = e is ApiException { Status: < HttpStatusCode.InternalServerError and not HttpStatusCode.TooManyRequests };
                if (refused || backoff.Failures + 1 >= Tries)
                {
                    logger.LogDebug("event {Reason} not written: {Error}", reason, e.Message);
                    return false;
                }
                await Task.Delay(backoff.Failed((e as ApiException)?.RetryAfter), time, cancellationToken);
            }
        }
    }

    private byte[] CreateBody(bool isWarning, string reason, string message, Series series) => Write(writer =>
    {
        writer.WriteString("apiVersion", "events.k8s.io/v1");
        writer.WriteString("kind", "Event");
        writer.WriteStartObject("metadata");
        writer.WriteString("name", series.Name);
        writer.WriteString("namespace", _namespace);
        writer.WriteEndObject();
        writer.WriteString("eventTime", Micro(series.FirstAt));
        writer.WriteString("reportingController", "netagent");
        writer.WriteString("reportingInstance", nodeName);
        writer.WriteString("action", reason);
        writer.WriteString("reason", reason);
        writer.WriteString("type", isWarning ? "Warning" : "Normal");
        writer.WriteString("note", message);
        writer.WriteStartObject("regarding");
        writer.WriteString("apiVersion", "v1");
        writer.WriteString("kind", "Node");
        writer.WriteString("name", nodeName);
        // kubelet and kube-proxy give a Node's name as its uid, and kubectl describe looks for that.
        writer.WriteString("uid", nodeName);
        writer.WriteEndObject();
        if (series.Count > 1)
        {
            WriteSeries(writer, series);
        }
    });

    private static byte[] PatchBody(Series series) => Write(writer => WriteSeries(writer, series));

    private static void WriteSeries(Utf8JsonWriter writer, Series series)
    {
        writer.WriteStartObject("series");
        writer.WriteNumber("count", series.Count);
        writer.WriteString("lastObservedTime", Micro(series.LastAt));
        writer.WriteEndObject();
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }
        return buffer.ToArray();
    }

    // MicroTime: six digits, no more.
    private static string Micro(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    // The API counts bytes.
    private static string Cut(string message)
    {
        while (Encoding.UTF8.GetByteCount(message) > LongestNote)
        {
            message = message[..(Math.Min(message.Length, LongestNote) * 9 / 10)] + "…";
        }
        return message;
    }

    private sealed class Series(string name, DateTimeOffset firstAt)
    {
        public string Name { get; } = name;

        public DateTimeOffset FirstAt { get; } = firstAt;

        public DateTimeOffset LastAt { get; set; } = firstAt;

        public int Count { get; set; } = 1;
    }
}
