using Microsoft.Extensions.Logging;
using NetAgent.Contracts;

namespace NetAgent.Host.Loop;

/// <summary>A notice with the plugin it is from; an empty name is the agent itself.</summary>
internal readonly record struct PostedNotice(string Plugin, Notice Notice);

/// <summary>Where events go that an operator must see in the cluster.</summary>
internal interface IEventSink
{
    /// <summary>Queues an event; never blocks and never throws.</summary>
    void Post(PostedNotice notice);
}

/// <summary>Turns the notices of the moment into log lines and events: one when a notice comes, one line when it goes, silence between.</summary>
internal sealed class NoticeBoard(ILogger log, IEventSink events)
{
    private HashSet<PostedNotice> _posted = [];

    public IReadOnlyCollection<PostedNotice> Current => _posted;

    public void Post(IEnumerable<PostedNotice> notices)
    {
        var now = notices.ToHashSet();
        foreach (var notice in now.Where(notice => !_posted.Contains(notice)))
        {
            Write(notice);
            events.Post(notice);
        }
        foreach (var gone in _posted.Where(notice => notice.Notice.Severity != NoticeSeverity.Information && !now.Contains(notice)))
        {
            // A notice whose wording alone changed has not gone.
            if (!now.Any(notice => notice.Plugin == gone.Plugin && notice.Notice.Reason == gone.Notice.Reason && notice.Notice.Service == gone.Notice.Service))
            {
                log.LogInformation("over: {Plugin} {Reason}: {Message}", gone.Plugin, gone.Notice.Reason, gone.Notice.Message);
            }
        }
        _posted = now;
    }

    private void Write(PostedNotice posted)
    {
        var level = posted.Notice.Severity switch
        {
            NoticeSeverity.Error => LogLevel.Error,
            NoticeSeverity.Warning => LogLevel.Warning,
            _ => LogLevel.Information,
        };
        log.Log(level, "{Plugin} {Reason}: {Message}", posted.Plugin.Length == 0 ? "agent" : posted.Plugin, posted.Notice.Reason, posted.Notice.Message);
    }
}

/// <summary>Drops events: for sources that are no cluster.</summary>
internal sealed class NoEvents : IEventSink
{
    public void Post(PostedNotice notice)
    {
    }
}
