namespace NetAgent.Cluster.Api;

/// <summary>
/// Whether the API server answers, as those who follow its resources see it together: a server that is away is one problem, not one for
/// each resource, and when one of them gets through the others need not sit out their waits.
/// </summary>
internal sealed class ServerContact(Uri server, TimeProvider time)
{
    // One that restarts is no news.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // While other resources are followed something else is wrong with this one: a stream that sticks, say.
    private static readonly TimeSpan PatienceAlone = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly HashSet<string> _followed = [];
    private readonly Dictionary<string, Failure> _failing = [];
    private TaskCompletionSource _back = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SourceProblem? _away;

    /// <summary>Why a server that does not answer never will; null where that is not known.</summary>
    public Func<string?> WhyUnserved { get; init; } = () => null;

    /// <summary>Its watches bring bookmarks, so a silent one is a dead one.</summary>
    public volatile bool SendsBookmarks;

    /// <summary>Raised on any thread when there is something new to say.</summary>
    public event Action? Changed;

    /// <summary>Ends when the server answers after it did not.</summary>
    public Task Back
    {
        get
        {
            lock (_lock)
            {
                return _back.Task;
            }
        }
    }

    public IReadOnlyList<SourceProblem> Problems
    {
        get
        {
            lock (_lock)
            {
                return _away is not null ? [_away] : [.. _failing.Values.Select(failure => failure.Problem).OfType<SourceProblem>()];
            }
        }
    }

    public void Join(string resource)
    {
        lock (_lock)
        {
            _followed.Add(resource);
        }
    }

    /// <summary>There is something new to say that is not about contact.</summary>
    public void Say() => Changed?.Invoke();

    /// <param name="problem">What was asked for, and why it did not come.</param>
    /// <param name="isCertain">Another try would end alike: it need not be waited for.</param>
    public void Failed(SourceProblem problem, bool isCertain)
    {
        bool isNews;
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (!_failing.TryGetValue(problem.Source, out var failure))
            {
                _failing[problem.Source] = failure = new() { Since = now };
            }
            isNews = Judge(problem, failure, isCertain, time.GetElapsedTime(failure.Since, now));
        }
        if (isNews)
        {
            Changed?.Invoke();
        }
    }

    public void Answered(string resource)
    {
        var isNews = false;
        lock (_lock)
        {
            if (!_failing.Remove(resource, out var failure))
            {
                return;
            }
            isNews = _away is not null || failure.Problem is not null;
            _away = null;
            foreach (var other in _failing.Values)
            {
                // They have not had their turn with the server that is back.
                other.Since = time.GetTimestamp();
            }
            _back.SetResult();
            _back = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        if (isNews)
        {
            Changed?.Invoke();
        }
    }

    // What was said once stays as it was said: another wording would be another event.
    private bool Judge(SourceProblem problem, Failure failure, bool isCertain, TimeSpan lasted)
    {
        if (_failing.Count == _followed.Count && _away is null && (isCertain || lasted >= Patience))
        {
            _away = problem with
            {
                Source = $"API server {server}",
                Message = $"{problem.Message}; what is programmed stays, changes wait until this is over"
            };
            return true;
        }
        if (_failing.Count < _followed.Count && failure.Problem is null && lasted >= PatienceAlone)
        {
            failure.Problem = problem;
            return true;
        }
        return false;
    }

    private sealed class Failure
    {
        public long Since { get; set; }

        public SourceProblem? Problem { get; set; }
    }
}
