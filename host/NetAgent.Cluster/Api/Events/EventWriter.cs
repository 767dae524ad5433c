using System.Net;
using k8s;
using k8s.Models;
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
internal sealed class EventWriter(ApiClient client, ServerContact contact, string nodeName, TimeProvider time, ILogger logger)
{
    // About two minutes, as client-go.
    private const int Tries = 12;

    // Where events about what has no namespace go; 1.20 still wants kube-system. kubectl describe finds them in both.
    private string _namespace = "default";
    private bool _wasForbidden;

    public async Task<EventOutcome> WriteAsync(EventPost post, EventSeries series, bool isRepeat, CancellationToken cancellationToken)
    {
        var pace = new ServerPace(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), Random.Shared);
        var tries = 0;
        while (true)
        {
            var back = contact.Back;
            try
            {
                await (isRepeat ? RepeatAsync(series, cancellationToken) : CreateAsync(post, series, cancellationToken));
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
                await Task.Delay(pace.Failed(e.RetryAfter), time, cancellationToken);
            }
            catch (Exception e) when (FetchErrors.IsExpected(e) && !cancellationToken.IsCancellationRequested)
            {
                // What happened while the server is away is what one wants to read afterwards; the queue bounds how much is kept.
                logger.LogDebug("event {Reason} waits: {Error}", post.Reason, e.Message);
                await Task.WhenAny(Task.Delay(pace.Failed(null), time, cancellationToken), back);
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

    private Task<Eventsv1Event> CreateAsync(EventPost post, EventSeries series, CancellationToken cancellationToken) =>
        client.EventsV1.CreateNamespacedEventAsync(Event(post, series), _namespace, cancellationToken: cancellationToken);

    private Task<Eventsv1Event> RepeatAsync(EventSeries series, CancellationToken cancellationToken) => client.EventsV1.PatchNamespacedEventAsync(
        new(new Eventsv1Event { Series = Repeats(series) }, V1Patch.PatchType.MergePatch), series.Name, _namespace,
        cancellationToken: cancellationToken);

    private Eventsv1Event Event(EventPost post, EventSeries series) => new()
    {
        Metadata = new() { Name = series.Name, NamespaceProperty = _namespace },
        EventTime = series.FirstAt.UtcDateTime,
        ReportingController = "netagent",
        ReportingInstance = nodeName,
        Action = post.Reason,
        Reason = post.Reason,
        Type = post.IsWarning ? "Warning" : "Normal",
        Note = post.Message,
        // kubelet and kube-proxy give a Node's name as its uid, and kubectl describe looks for that.
        Regarding = new() { ApiVersion = "v1", Kind = "Node", Name = nodeName, Uid = nodeName },
        Series = series.Count > 1 ? Repeats(series) : null,
    };

    private static Eventsv1EventSeries Repeats(EventSeries series) =>
        new() { Count = series.Count, LastObservedTime = series.LastAt.UtcDateTime };
}
