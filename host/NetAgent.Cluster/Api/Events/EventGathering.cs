namespace NetAgent.Cluster.Api.Events;

/// <summary>
/// Makes one event of many that differ in their text only, as client-go's aggregator does: the first few of a reason are written as they
/// are, what follows is gathered and said as one with a number and an example.
/// </summary>
internal sealed class EventGathering(TimeProvider time)
{
    private const int WrittenAsTheyAre = 3;
    private const int MostRemembered = 1000;

    // client-go's window.
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(bool, string), Group> _groups = [];

    /// <summary>When something gathered is next to be written; null for nothing.</summary>
    public DateTimeOffset? NextDue => _groups.Values.Min(group => group.Due);

    /// <summary>True when it is to be written as it is; else it is gathered.</summary>
    public bool Passes(EventPost post)
    {
        var key = (post.IsWarning, post.Reason);
        if (!_groups.TryGetValue(key, out var group) || (group.Due is null && post.At - group.LastAt > Window))
        {
            _groups[key] = group = new();
        }
        group.LastAt = post.At;
        if (group.Written.Contains(post.Message) || group.Written.Count < WrittenAsTheyAre)
        {
            group.Written.Add(post.Message);
            return true;
        }
        group.Example ??= post.Message;
        if (group.Gathered.Count < MostRemembered)
        {
            group.Gathered.Add(post.Message);
        }
        group.Due ??= time.GetUtcNow() + group.Wait;
        return false;
    }

    /// <summary>What was gathered and is due now.</summary>
    public IReadOnlyList<EventPost> TakeDue()
    {
        var now = time.GetUtcNow();
        var due = new List<EventPost>();
        foreach (var (key, group) in _groups.Where(group => group.Value.Due <= now).ToArray())
        {
            var count = $"{group.Gathered.Count}{(group.Gathered.Count == MostRemembered ? " or more" : "")}";
            due.Add(new(key.Item1, key.Item2, group.Gathered.Count == 1 ? group.Example! : $"{count} more like this, e.g. {group.Example}",
                now));
            (group.Example, group.Due) = (null, null);
            group.Gathered.Clear();
            // A storm that goes on is said ever more rarely.
            group.Wait = group.Wait * 2 < Window ? group.Wait * 2 : Window;
        }
        foreach (var (key, _) in _groups.Where(group => group.Value.Due is null && now - group.Value.LastAt > Window).ToArray())
        {
            _groups.Remove(key);
        }
        return due;
    }

    private sealed class Group
    {
        public HashSet<string> Written { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Gathered { get; } = new(StringComparer.Ordinal);

        public string? Example { get; set; }

        public DateTimeOffset? Due { get; set; }

        public DateTimeOffset LastAt { get; set; }

        public TimeSpan Wait { get; set; } = FirstWait;
    }
}
