namespace NetAgent.Cluster.Api;

/// <summary>What a reflector counts; written by its loop, read by anybody.</summary>
internal sealed class ReflectorCounters
{
    private readonly Lock _lock = new();
    private long _lists;
    private long _watches;
    private long _events;
    private long _failures;
    private bool _isFailing;
    private DateTimeOffset? _lastContact;

    /// <summary>The server sent something.</summary>
    public void Heard(DateTimeOffset now)
    {
        lock (_lock)
        {
            _lastContact = now;
            _isFailing = false;
        }
    }

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
            _isFailing = false;
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
            _isFailing = true;
        }
    }

    public ResourceStatus ToStatus(string resource, int objects)
    {
        lock (_lock)
        {
            return new(resource, _lists > 0, objects, _lists, _watches, _events, _failures, _lastContact, _isFailing);
        }
    }
}
