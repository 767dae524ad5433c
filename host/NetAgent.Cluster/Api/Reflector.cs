using System.Text.Json;
using Microsoft.Extensions.Logging;
using NetAgent.Cluster.Api.Streams;

namespace NetAgent.Cluster.Api;

/// <summary>
/// Keeps one resource in step with the API server: a list, then watches that each resume where the last one ended. Only a server that has
/// forgotten that place (410) causes a new list, and even that takes nothing out before it is whole.
/// </summary>
internal sealed class Reflector(
    Resource resource, ApiClient client, StoreWriter writer, ApiServerOptions options, ServerContact contact, ILogger logger)
{
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Jitter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StableAfter = TimeSpan.FromMinutes(2);

    private readonly ServerPace _pace = new(FirstBackoff, options.LongestBackoff, Random.Shared);
    private readonly ReflectorCounters _counters = new();
    // A watch may begin with the list (KEP-3157); unknown until asked.
    private bool _mayStreamLists = true;
    private int _selection;
    private string? _version;
    private bool _wasAway;
    private string? _listingAnew;
    private volatile SourceProblem? _problem;

    /// <summary>Called once, after the first complete list.</summary>
    public Action OnSynced { get; init; } = () => { };

    public SourceProblem? Problem => _problem;

    public ResourceStatus Status => _counters.ToStatus(resource.Name, writer.Count);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        contact.Join(resource.Name);
        while (!cancellationToken.IsCancellationRequested)
        {
            var began = options.Time.GetTimestamp();
            // Taken before the try: a server that came back during it is back all the same.
            var back = contact.Back;
            var outgrown = writer.Outgrown;
            using var follow = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, outgrown);
            try
            {
                await FollowAsync(follow.Token);
                if (options.Time.GetElapsedTime(began) > TimeSpan.FromSeconds(1))
                {
                    _pace.Succeeded();
                    continue;
                }
                await PauseAsync(null, null, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (OperationCanceledException) when (outgrown.IsCancellationRequested)
            {
                _version = null;
            }
            catch (Exception e)
            {
                // Whatever it is, to follow no longer would be worse: the cluster would look quiet for ever.
                if (!FetchErrors.IsExpected(e))
                {
                    logger.LogError(e, "{Resource}: an error of the agent's own; this is tried again", resource.Name);
                }
                await RecoverAsync(e, options.Time.GetElapsedTime(began), back, cancellationToken);
            }
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        if (_version is null && _mayStreamLists)
        {
            await WatchAsync(initialList: true, cancellationToken);
            return;
        }
        if (_version is null)
        {
            await ListAsync(cancellationToken);
        }
        await WatchAsync(initialList: false, cancellationToken);
    }

    private async Task RecoverAsync(Exception error, TimeSpan lived, Task back, CancellationToken cancellationToken)
    {
        if (error is ApiException { IsRefusedParameter: true } refused && TryAskForLess(refused))
        {
            return;
        }
        _counters.Failed();
        // A server that answers again is another matter than one that is away: what it says (410, most often) is acted on at once.
        var isAnswer = FetchErrors.IsAnswer(error);
        if (lived > StableAfter || (isAnswer && _wasAway))
        {
            _pace.Succeeded();
        }
        _wasAway = !isAnswer;
        var problem = FetchErrors.Describe(resource, error);
        Report(error, problem);
        if (error is ApiException { NeedsNewList: true } || ((FetchErrors.IsUnreadable(error) || !FetchErrors.IsExpected(error)) && _pace.Failures >= 3))
        {
            SayListingAnew(problem.Message);
            _version = null;
        }
        // Whoever was told when to come again comes then; the others as soon as one of them gets through.
        await PauseAsync((error as ApiException)?.RetryAfter, FetchErrors.ConcernsAll(error) ? back : null, cancellationToken);
    }

    // What is a problem is for status, log and events, each once; here it would be said for every resource and every try.
    private void Report(Exception error, SourceProblem problem)
    {
        logger.LogDebug("{Problem}", problem);
        if (FetchErrors.ConcernsAll(error))
        {
            var isCertain = FetchErrors.Cause(error) is not null;
            if (!isCertain && error is not ApiException && contact.WhyUnserved() is { } why)
            {
                (problem, isCertain) = (problem with { Message = $"{problem.Message}: {why}" }, true);
            }
            contact.Failed(problem, isCertain);
            return;
        }
        contact.Answered(resource.Name);
        // A server that restarts forbids everything until it has read its roles; only one that goes on is a problem.
        if (error is not ApiException { NeedsNewList: true } && (_pace.Failures >= 2 || (error is ApiException && _version is null)) && problem != _problem)
        {
            _problem = problem;
            contact.Say();
        }
    }

    private async Task PauseAsync(TimeSpan? retryAfter, Task? back, CancellationToken cancellationToken)
    {
        var wait = _pace.Failed(retryAfter);
        if (retryAfter is null && back is not null)
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(Task.Delay(wait, options.Time, enough.Token), back);
            await enough.CancelAsync();
            if (!back.IsCompleted)
            {
                return;
            }
            _pace.Succeeded();
            wait = Jitter * Random.Shared.NextDouble();
        }
        await Task.Delay(wait, options.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Streaming lists and field selectors came late to Kubernetes: without them it is the same, only dearer.
    private bool TryAskForLess(ApiException refused)
    {
        if (_version is null && _mayStreamLists)
        {
            logger.LogDebug("{Resource}: no streaming lists here: {Reason}", resource.Name, refused.Message);
            _mayStreamLists = false;
            return true;
        }
        if (_selection + 1 < resource.Selections.Count)
        {
            logger.LogDebug("{Resource}: selector refused: {Reason}", resource.Name, refused.Message);
            _selection++;
            return true;
        }
        return false;
    }

    private async Task ListAsync(CancellationToken cancellationToken) => Synced(await new PagedList(client, options) { OnHeard = Heard }.ReadAsync(
        resource, resource.Selections[_selection], writer.BeginList, writer.AddListed, cancellationToken));

    // Once, however often it is tried: what goes on is a problem, and said as such.
    private void SayListingAnew(string why)
    {
        if (_listingAnew != why)
        {
            _listingAnew = why;
            logger.LogInformation("{Resource}: {Problem}; listing anew", resource.Name, why);
        }
    }

    private void Synced(string version)
    {
        _listingAnew = null;
        writer.EndList();
        _version = version;
        Clear();
        if (_counters.Listed(options.Time.GetUtcNow()))
        {
            OnSynced();
        }
    }

    private void Heard()
    {
        _counters.Heard(options.Time.GetUtcNow());
        contact.Answered(resource.Name);
    }

    private void Clear()
    {
        if (_problem is not null)
        {
            _problem = null;
            contact.Say();
        }
    }

    private async Task WatchAsync(bool initialList, CancellationToken cancellationToken)
    {
        // Spread, or all nodes would come back at the same moment for ever.
        var seconds = Random.Shared.Next(300, 600);
        var query = resource.Selections[_selection] with { Watch = true, AllowWatchBookmarks = true, TimeoutSeconds = seconds };
        query = initialList ? query with { SendInitialEvents = true, ResourceVersionMatch = "NotOlderThan" } : query with { ResourceVersion = _version };
        using var response = await resource.ListAsync(client, query, cancellationToken);
        await using var reader = new IdleReader(await response.Content.ReadAsStreamAsync(cancellationToken), options.Time);
        var stream = new WatchStream(reader);
        _counters.Watching(options.Time.GetUtcNow());
        Heard();
        if (!initialList)
        {
            Clear();
        }
        if (initialList)
        {
            writer.BeginList();
        }
        while (await NextAsync(stream, initialList, seconds, cancellationToken) is { } type)
        {
            _counters.Event(options.Time.GetUtcNow());
            _pace.Succeeded();
            initialList = Take(type, stream, initialList);
        }
    }

    private async ValueTask<WatchEventType?> NextAsync(WatchStream stream, bool initialList, int seconds, CancellationToken cancellationToken)
    {
        var limit = initialList ? options.ReadIdleLimit
            : contact.SendsBookmarks ? options.WatchIdleLimit
            : TimeSpan.FromSeconds(seconds) + options.ReadIdleLimit;
        try
        {
            return await stream.NextAsync(limit, cancellationToken);
        }
        catch (TimeoutException) when (initialList)
        {
            // A server that passes over parameters it does not know would keep us waiting for ever.
            _mayStreamLists = false;
            throw;
        }
    }

    // Returns whether the initial list still goes on.
    private bool Take(WatchEventType type, WatchStream stream, bool initialList)
    {
        switch (type)
        {
            case WatchEventType.Error:
                throw ApiStatus.Read(stream.Object);
            case WatchEventType.Bookmark:
                contact.SendsBookmarks = true;
                var bookmark = writer.ReadMetadata(stream.Object);
                if (initialList && bookmark.EndsInitialEvents)
                {
                    Synced(bookmark.ResourceVersion ?? throw new JsonException("the bookmark has no resourceVersion"));
                    return false;
                }
                Advance(bookmark.ResourceVersion, initialList);
                return initialList;
            case WatchEventType.Deleted:
                writer.DeleteEvent(stream.Object);
                break;
            default:
                if (initialList)
                {
                    writer.AddListed(stream.Object);
                    return true;
                }
                writer.PutEvent(stream.Object);
                break;
        }
        Advance(writer.LastVersion, initialList);
        return initialList;
    }

    // Never back: an event out of order must not make us see everything after it twice.
    private void Advance(string? version, bool initialList)
    {
        var number = ObjectVersions.Number(version);
        if (!initialList && version is not null && (number == 0 || number > ObjectVersions.Number(_version)))
        {
            _version = version;
        }
    }
}
