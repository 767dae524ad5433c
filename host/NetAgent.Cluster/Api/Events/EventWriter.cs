using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace NetAgent.Cluster.Api.Events;

/// <summary>An event that is, or will be, at the server.</summary>
internal sealed class EventSeries(string name, DateTimeOffset firstAt)
{
    public string Name { get; } = name;

    public DateTimeOffset FirstAt { get; } = firstAt;

    public DateTimeOffset LastAt { get; set; } = firstAt;

    public int Count { get; set; } = 1;
}

/// <summary>What became of an attempt to write an event.</summary>
internal enum EventOutcome
{
    Written,
    Refused,
    Lost,
}

/// <summary>Writes events.k8s.io/v1 Events about this Node, as kube-proxy does: a new one is created, a repeat patches the series of the first.</summary>
internal sealed class EventWriter(ApiConnection connection, ServerContact contact, string nodeName, TimeProvider time, ILogger logger)
{
    // About two minutes, as client-go.
    private const int Tries = 12;

    // Where events about what has no namespace go; 1.20 still wants kube-system. kubectl describe finds them in both.
    private string _namespace = "default";
    private bool _wasForbidden;

    private string Path => $"apis/events.k8s.io/v1/namespaces/{_namespace}/events";

    public async Task<EventOutcome> WriteAsync(EventPost post, EventSeries series, bool isRepeat, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), Random.Shared);
        var tries = 0;
        while (true)
        {
            var back = contact.Back;
            try
            {
                var body = isRepeat ? PatchBody(series) : CreateBody(post.IsWarning, post.Reason, post.Message, series);
                using var response = await connection.SendAsync(() => new(isRepeat ? HttpMethod.Patch : HttpMethod.Post, isRepeat ? $"{Path}/{series.Name}" : Path)
                {
                    Content = new ByteArrayContent(body) { Headers = { ContentType = new(isRepeat ? "application/merge-patch+json" : "application/json") } },
                }, cancellationToken);
                _wasForbidden = false;
                return EventOutcome.Written;
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
            catch (ApiException e) when (FetchErrors.IsAnswer(e))
            {
                Say(post, e);
                return EventOutcome.Refused;
            }
            catch (ApiException e)
            {
                if (++tries >= Tries)
                {
                    logger.LogDebug("event {Reason} not written: {Error}", post.Reason, e.Message);
                    return EventOutcome.Lost;
                }
                await Task.Delay(backoff.Failed(e.RetryAfter), time, cancellationToken);
            }
            catch (Exception e) when (FetchErrors.IsExpected(e) && !cancellationToken.IsCancellationRequested)
            {
                // What happened while the server is away is what one wants to read afterwards; the queue bounds how much is kept.
                logger.LogDebug("event {Reason} waits: {Error}", post.Reason, e.Message);
                await Task.WhenAny(Task.Delay(backoff.Failed(null), time, cancellationToken), back);
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (Exception e) when (!FetchErrors.IsExpected(e))
            {
                // An event less; without the others, too, the cluster would not be followed any more.
                logger.LogError(e, "event {Reason} not written: an error of the agent's own", post.Reason);
                return EventOutcome.Lost;
            }
        }
    }

    private void Say(EventPost post, ApiException refusal)
    {
        var isForbidden = refusal.Status == HttpStatusCode.Forbidden;
        // Once for as long as it lasts: every event would say it again.
        logger.Log(isForbidden && !_wasForbidden ? LogLevel.Warning : LogLevel.Debug, "event {Reason} is refused{Fix}: {Error}", post.Reason,
            isForbidden ? ", and so will others be until the agent's ClusterRole allows create and patch of events.k8s.io events" : "", refusal.Message);
        _wasForbidden |= isForbidden;
    }

    private byte[] CreateBody(bool isWarning, string reason, string message, EventSeries series) => Write(writer =>
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

    private static byte[] PatchBody(EventSeries series) => Write(writer => WriteSeries(writer, series));

    private static void WriteSeries(Utf8JsonWriter writer, EventSeries series)
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
}
