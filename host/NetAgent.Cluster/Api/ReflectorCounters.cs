namespace NetAgent.Cluster.Api;

/// <summary>What a reflector counts; written by its loop, read by anybody.</summary>
internal sealed class ReflectorCounters
{
    private readonly Lock _lock = new();
    private long _lists;
    private long _watches;
    private long _events;
    private long _failures;
    private DateTimeOffset? _lastContact;

    /// <summary>True for the first list.</summary>
    public bool Listed(DateTimeOffset now)
    {
        lock (_lock)
        {
            _lastContact = now;
            return ++_lists == 1;
        }
    }

    public void Watching(DateTimeOffset now)
    {
        lock (_lock)
        {
            _lastContact = now;
            _watches++;
        }
    }

    public void Event(DateTimeOffset now)
    {
        lock (_lock)
        {
            _lastContact = now;
            _events++;
        }
    }

    public void Failed()
    {
        lock (_lock)
        {
            _failures++;
        }
    }

    public ResourceStatus ToStatus(string resource, int objects)
    {
        lock (_lock)
        {
            return new(resource, _lists > 0, objects, _lists, _watches, _events, _failures, _lastContact);
        }
    }
}

/// <summary>What the server turned out to be able to do, shared by all reflectors.</summary>
internal sealed class ServerFeatures
{
    /// <summary>Its watches bring bookmarks, so a silent one is a dead one.</summary>
    public volatile bool SendsBookmarks;
}
