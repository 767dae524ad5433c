using Microsoft.Extensions.Logging;
using NetAgent.Cluster;
using NetAgent.Contracts;

namespace NetAgent.Host.Status;

/// <summary>A notice with the plugin it is from; an empty name is the agent itself.</summary>
internal readonly record struct PostedNotice(string Plugin, Notice Notice)
{
    /// <summary>
    /// What it is about where its words change while that stays (a number, a time): it comes once and goes once. Null: its words say it.
    /// </summary>
    public string? Cause { get; init; }

    /// <summary>Two notices with one identity are one.</summary>
    public PostedNotice Identity => Cause is null ? this : this with { Notice = Notice with { Message = "" } };
}

/// <summary>
/// Turns the notices of the moment into log lines and events: one when a notice comes, one line when it goes, silence between.
/// </summary>
internal sealed class NoticeBoard(ILogger log, IEventSink events)
{
    private Dictionary<PostedNotice, PostedNotice> _posted = [];

    public IReadOnlyCollection<PostedNotice> Current => _posted.Values;

    public void Post(IEnumerable<PostedNotice> notices)
    {
        var now = notices.Select(posted => posted with { Notice = posted.Notice with { Message = OneLine.Of(posted.Notice.Message) } })
            .DistinctBy(notice => notice.Identity).ToDictionary(notice => notice.Identity);
        foreach (var notice in now.Where(notice => !_posted.ContainsKey(notice.Key)).Select(notice => notice.Value))
        {
            Write(notice);
            PostEvent(notice);
        }
        foreach (var gone in _posted.Where(notice => notice.Value.Notice.Severity != Severity.Information && !now.ContainsKey(notice.Key))
            .Select(notice => notice.Value))
        {
            // A notice whose wording alone changed has not gone.
            if (gone.Cause is not null || !now.Values.Any(notice =>
                notice.Plugin == gone.Plugin && notice.Notice.Reason == gone.Notice.Reason && notice.Notice.Service == gone.Notice.Service))
            {
                log.LogInformation("over: {Plugin} {Reason}: {Message}", Name(gone), gone.Notice.Reason, gone.Notice.Message);
            }
        }
        _posted = now;
    }

    private static string Name(PostedNotice notice) => notice.Plugin.Length == 0 ? "agent" : notice.Plugin;

    private void PostEvent(PostedNotice posted)
    {
        var (severity, reason, message) = posted.Notice;
        // Information is for status: an event on a node is for what a person should act on.
        if (severity != Severity.Information)
        {
            events.Post(isWarning: true, reason, posted.Notice.Service is { } about ? $"Service {about}: {message}" : message);
        }
    }

    private void Write(PostedNotice posted)
    {
        var level = posted.Notice.Severity switch
        {
            Severity.Error => LogLevel.Error,
            Severity.Warning => LogLevel.Warning,
            _ => LogLevel.Information,
        };
        log.Log(level, "{Plugin} {Reason}: {Message}", Name(posted), posted.Notice.Reason, posted.Notice.Message);
    }
}
